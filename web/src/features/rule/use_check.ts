// SPDX-License-Identifier: Apache-2.0
// Has an envelope checked when its author pauses; answers to earlier texts are dropped.
import { useEffect, useState } from 'react';
import type { RuleCheck } from '../../api/types';
import { isAbort } from '../../api/problem';
import { useServices } from '../../services';

const kPause = 450;

export interface Check {
  /** The text the answer is about; null before the first. */
  text: string | null;
  result: RuleCheck | null;
  error: unknown;
  isBusy: boolean;
}

export function useCheck(studyId: string, text: string): Check {
  const { client } = useServices();
  const [answer, setAnswer] = useState<Omit<Check, 'isBusy'>>({
    text: null,
    result: null,
    error: null,
  });
  useEffect(() => {
    if (text.trim() === '') {
      setAnswer({ text, result: null, error: null });
      return;
    }
    const controller = new AbortController();
    const timer = setTimeout(() => {
      client
        .post('/api/v1/studies/{studyId}/rules:check', {
          path: { studyId },
          body: { envelope: text },
          signal: controller.signal,
        })
        .then(
          (result) => setAnswer({ text, result, error: null }),
          (error: unknown) => {
            if (!isAbort(error)) setAnswer({ text, result: null, error });
          },
        );
    }, kPause);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [client, studyId, text]);
  return { ...answer, isBusy: answer.text !== text };
}
