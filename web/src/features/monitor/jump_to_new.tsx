// SPDX-License-Identifier: Apache-2.0
// While the reader is further down, says that alerts came, and leads to them.
import { useEffect, useRef, useState } from 'react';
import { useI18n } from '../../i18n';

export function JumpToNew({ count }: { count: number }) {
  const { t } = useI18n();
  const place = useRef<HTMLDivElement>(null);
  const [isAbove, setIsAbove] = useState(false);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const observer = new IntersectionObserver(([entry]) => {
      if (entry) setIsAbove(!entry.isIntersecting && entry.boundingClientRect.top < 0);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return (
    <>
      <div ref={place} />
      {isAbove && count > 0 && (
        <div className="jump">
          <button
            type="button"
            className="primary"
            onClick={() => place.current?.scrollIntoView({ block: 'end' })}
          >
            ↑ {t.newAlerts(count)}
          </button>
        </div>
      )}
    </>
  );
}
