// SPDX-License-Identifier: Apache-2.0
import { useCallback, useEffect, useMemo, useState } from 'react';
import type { User } from '../../api/types';
import { useI18n } from '../../i18n';
import { alertsAt, navigate } from '../../route';
import { useServices } from '../../services';
import { formatZone } from '../../ui/time';
import { EmptyState, ErrorState, LoadingState } from '../../ui/states';
import { useLoad } from '../../ui/use_load';
import { useNow } from '../../ui/use_now';
import { may } from '../identity/permissions';
import { isFiltered, matches, noFilter, type Filter } from './alert_list';
import { AlertPanel } from './alert_panel';
import { AlertTable } from './alert_table';
import { chosen, ruleNameOf } from './alert_text';
import { Announcer } from './announcer';
import { ConnectionBadge } from './connection_badge';
import { FilterBar } from './filter_bar';
import { JumpToNew } from './jump_to_new';
import { SilencesButton } from './silences';
import { SummaryTiles } from './summary_tiles';
import { useAlerts } from './use_alerts';

/** Rows that a filter should leave before the page stops asking for older ones by itself. */
const kEnoughRows = 20;
const kMostAutomaticPages = 5;
/** Counts are fetched again this long after alerts arrive, so that a burst costs one call. */
const kSummaryDelay = 1500;
/** Events that raise nothing are counted too; the tiles follow them this often. */
const kSummaryPeriod = 15_000;

interface Props {
  studyId: string;
  alertId: string | null;
  user: User | null;
}

export function AlertsPage({ studyId, alertId, user }: Props) {
  const { t, language } = useI18n();
  const { client } = useServices();
  const now = useNow(5000);
  const [filter, setFilter] = useState<Filter>(noFilter);
  const feed = useAlerts(studyId, filter);
  const { list, seen, loadOlder } = feed;

  const rules = useLoad(
    (signal) => client.get('/api/v1/studies/{studyId}/rules', { path: { studyId }, signal }),
    [client, studyId],
  );
  const summary = useLoad(
    (signal) =>
      client.get('/api/v1/studies/{studyId}/alerts:summary', { path: { studyId }, signal }),
    [client, studyId],
  );
  const reloadSummary = summary.reload;
  useEffect(() => {
    if (list.lastArrivals.length + list.lastChanges.length === 0) return;
    const timer = setTimeout(reloadSummary, kSummaryDelay);
    return () => clearTimeout(timer);
  }, [list.lastArrivals, list.lastChanges, reloadSummary]);
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') reloadSummary();
    }, kSummaryPeriod);
    return () => clearInterval(timer);
  }, [reloadSummary]);

  const ruleNames = useMemo(() => {
    const names = new Map<string, string>();
    for (const rule of rules.data?.rules ?? []) {
      const name = chosen(language, rule.name, rule.nameZh) || rule.ruleId;
      if (rule.status === 'active' || !names.has(rule.ruleId)) names.set(rule.ruleId, name);
    }
    for (const alert of list.alerts) {
      if (!names.has(alert.ruleId)) names.set(alert.ruleId, ruleNameOf(alert, language));
    }
    return names;
  }, [rules.data, list.alerts, language]);

  const rows = useMemo(
    () => list.alerts.filter((alert) => matches(alert, filter)),
    [list.alerts, filter],
  );

  // The server does not filter by severity; look further back until the page is filled.
  const [automaticPages, setAutomaticPages] = useState(0);
  useEffect(() => setAutomaticPages(0), [filter]);
  const tooFew = list.status === 'ready' && rows.length < kEnoughRows && list.nextBefore > 0;
  useEffect(() => {
    if (!tooFew || list.loadingOlder || automaticPages >= kMostAutomaticPages) return;
    setAutomaticPages((n) => n + 1);
    loadOlder();
  }, [tooFew, list.loadingOlder, automaticPages, loadOlder]);

  const unseen = list.unseen.size;
  useEffect(() => {
    document.title = `${unseen > 0 ? `(${unseen}) ` : ''}${t.liveAlerts} · Vedette`;
  }, [unseen, t]);
  useEffect(() => () => void (document.title = 'Vedette'), []);

  useEffect(() => {
    if (alertId) seen(alertId);
  }, [alertId, seen]);

  const open = useCallback((id: string | null) => navigate(alertsAt(studyId, id)), [studyId]);
  const position = rows.findIndex((row) => row.alertId === alertId);
  const newer = position > 0 ? (rows[position - 1]?.alertId ?? null) : null;
  const older = position >= 0 ? (rows[position + 1]?.alertId ?? null) : (rows[0]?.alertId ?? null);

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (event.key === 'j' && older) open(older);
      else if (event.key === 'k' && newer) open(newer);
      else if (event.key === 'Escape' && alertId) open(null);
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [open, older, newer, alertId]);

  const filtered = isFiltered(filter);
  const hasRules = rules.data === null || rules.data.rules.some((r) => r.status === 'active');
  return (
    <div className={`desk${alertId ? ' with-panel' : ''}`}>
      <div className="desk-main">
        <SummaryTiles
          summary={summary.data}
          failed={summary.error !== null}
          ruleNames={ruleNames}
          filter={filter}
          setFilter={setFilter}
        />
        <section aria-labelledby="alerts-heading" className="alerts">
          <div className="alerts-head">
            <h1 id="alerts-heading">{t.liveAlerts}</h1>
            {list.status !== 'failed' && <ConnectionBadge connection={feed.connection} />}
            <span className="quiet zone">{t.timesIn(formatZone(now))}</span>
            <span className="spacer" />
            {unseen > list.held.length && (
              <button type="button" className="unseen" onClick={feed.allSeen}>
                {t.newAlerts(unseen - list.held.length)} · {t.markAllSeen}
              </button>
            )}
            <SilencesButton
              studyId={studyId}
              ruleNames={ruleNames}
              sites={(summary.data?.bySite ?? []).map((count) => count.key)}
              maySilence={may(user, studyId, 'alert.silence')}
            />
            <button
              type="button"
              aria-pressed={list.paused}
              title={t.pauseHint}
              onClick={() => feed.setPaused(!list.paused)}
            >
              {list.paused ? t.resume : t.pause}
            </button>
          </div>
          <FilterBar
            filter={filter}
            setFilter={setFilter}
            ruleNames={ruleNames}
            sites={summary.data?.bySite.map((site) => site.key) ?? []}
          />
          <JumpToNew count={unseen - list.held.length} />
          {list.paused && (
            <button type="button" className="paused-banner" onClick={() => feed.setPaused(false)}>
              {t.pausedBanner(list.held.length)} <b>{t.resume}</b>
            </button>
          )}
          {list.status === 'failed' && list.alerts.length === 0 ? (
            <ErrorState error={list.error} retry={feed.reload} />
          ) : rows.length > 0 ? (
            <AlertTable rows={rows} unseen={list.unseen} selected={alertId} now={now} open={open} />
          ) : list.status === 'loading' || list.loadingOlder ? (
            <LoadingState text={t.loadingAlerts} />
          ) : filtered ? (
            <EmptyState title={t.noMatches} hint={t.noMatchesHint}>
              <button type="button" onClick={() => setFilter(noFilter)}>
                {t.clearFilters}
              </button>
            </EmptyState>
          ) : (
            <EmptyState title={t.noAlerts} hint={hasRules ? t.noAlertsHint : t.noAlertsNoRules} />
          )}
          <footer className="alerts-foot">
            {list.status === 'ready' && rows.length > 0 && (
              <span className="quiet">
                {t.shownCount(rows.length)} {list.nextBefore === 0 ? t.endOfList : ''}
              </span>
            )}
            {list.nextBefore > 0 && list.status === 'ready' && (
              <button type="button" disabled={list.loadingOlder} onClick={loadOlder}>
                {list.loadingOlder ? t.loading : t.loadOlder}
              </button>
            )}
          </footer>
        </section>
      </div>
      {alertId && (
        <AlertPanel
          key={alertId}
          studyId={studyId}
          alertId={alertId}
          newer={newer}
          older={position >= 0 ? older : null}
          open={open}
          changeSequence={list.alerts.find((a) => a.alertId === alertId)?.changeSequence ?? 0}
          mayAct={may(user, studyId, 'alert.act')}
          take={feed.take}
        />
      )}
      <Announcer arrivals={list.lastArrivals} changes={list.lastChanges} />
    </div>
  );
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName);
}
