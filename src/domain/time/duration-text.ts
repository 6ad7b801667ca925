import { DAY, HOUR, MINUTE, type Millis, SECOND } from './time.ts';

const UNITS = [
  [DAY, HOUR, 'd', 'h'],
  [HOUR, MINUTE, 'h', 'min'],
  [MINUTE, SECOND, 'min', 's'],
] as const;

/** A duration for people, like `20785 d 9 h`, `5 min` or `30 s`: in its two largest units, rounded up. */
export function durationText(duration: Millis): string {
  for (const [large, small, largeName, smallName] of UNITS) {
    const smalls = Math.ceil(duration / small);
    const larges = Math.floor((smalls * small) / large);
    const rest = smalls - (larges * large) / small;
    if (larges > 0) return rest > 0 ? `${larges} ${largeName} ${rest} ${smallName}` : `${larges} ${largeName}`;
  }
  return `${Math.ceil(duration / SECOND)} s`;
}
