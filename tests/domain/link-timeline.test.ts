import { describe, expect, it } from 'vitest';
import { LinkTimeline } from '#domain/link-timeline';
import type { MeterLink } from '#domain/meter-link';
import { HOUR } from '#domain/time/time';
import { aLink } from '#testing/links';
import { START } from '#testing/readings';

/** A link that counts how often anything looks at its interval. */
function counted(link: MeterLink, count: () => void): MeterLink {
  return {
    ...link,
    get from() {
      count();
      return link.from;
    },
  };
}

describe('a timeline of links', () => {
  it('looks at few links to find the one in the way, however many there are', () => {
    const timeline = new LinkTimeline();
    let looks = 0;
    for (let n = 0; n < 5_000; n++) {
      const link = aLink({ from: START + n * HOUR, to: START + (n + 1) * HOUR });
      timeline.put(counted(link, () => looks++));
    }
    looks = 0;

    const inTheWay = timeline.overlapping(aLink({ from: START + 2_500 * HOUR + 1 }));

    expect(inTheWay?.from).toBe(START + 2_500 * HOUR);
    expect(timeline.during({ from: START, to: START + HOUR })).toHaveLength(1);
    expect(looks).toBeLessThan(100);
  });
});
