import * as v from 'valibot';
import { ClientAddresses } from '#adapters/inbound/http/wire/client/client-addresses';
import { milliwattHoursFromKwh } from '#domain/energy/energy';
import { SECOND } from '#domain/time/time';
import { parseDuration } from '#domain/time/time-window';

/** The kinds of values that settings have. Each message reads on from the name and the value of the variable. */

const BYTE_UNITS: Readonly<Record<string, number>> = { '': 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

export const integer = (min: number, max: number) =>
  v.pipe(
    v.string(),
    v.regex(/^\d+$/, `must be a whole number from ${min} to ${max}`),
    v.transform(Number),
    v.minValue(min, `must be at least ${min}`),
    v.maxValue(max, `must be at most ${max}`),
  );

export const fraction = v.pipe(
  v.string(),
  v.regex(/^\d*\.?\d+$/, 'must be a number between 0 and 1'),
  v.transform(Number),
  v.check((value) => value > 0 && value <= 1, 'must be above 0 and at most 1'),
);

/** `90s`, `5m`, `24h`, `30d`, or `off` for no limit; in milliseconds. */
export const duration = v.pipe(
  v.string(),
  v.transform((text) => {
    if (text === 'off') return Infinity;
    const seconds = /^([1-9]\d*)s$/.exec(text)?.[1];
    return seconds === undefined ? parseDuration(text) : Number(seconds) * SECOND;
  }),
  v.number('must be a duration such as 90s, 5m, 24h or 30d, or "off"'),
);

/** `90d`, `2160h`, or `keep` to keep it forever; in milliseconds. */
export const retention = v.pipe(
  v.string(),
  v.transform((text) => (text === 'keep' ? Infinity : parseDuration(text))),
  v.number('must be a duration such as 90d or 2160h, or "keep"'),
);

export const kwh = v.pipe(
  v.string(),
  v.regex(/^\d{1,6}(\.\d{1,6})?$/, 'must be a number of kWh such as 1 or 0.5'),
  v.transform((text) => milliwattHoursFromKwh(Number(text))),
);

export const bytes = v.pipe(
  v.string(),
  v.transform((text) => {
    const match = /^([1-9]\d*) ?(|KiB|MiB|GiB)$/.exec(text);
    return match ? Number(match[1]) * (BYTE_UNITS[match[2] ?? ''] ?? 1) : undefined;
  }),
  v.number('must be a size such as 8MiB or 500KiB, or a number of bytes'),
  v.maxValue(256 * 1024 ** 2, 'must be at most 256 MiB'),
);

export const text = v.pipe(v.string(), v.minLength(1, 'must not be empty'));

/** A list separated by commas. */
const list = v.pipe(
  v.string(),
  v.transform((text) => text.split(',').map((part) => part.trim())),
  v.transform((parts) => parts.filter((part) => part !== '')),
);

export const proxies = v.pipe(
  list,
  v.rawCheck(({ dataset, addIssue }) => {
    try {
      if (dataset.typed) new ClientAddresses(dataset.value);
    } catch (error) {
      addIssue({ message: `must be IP addresses or networks: ${(error as Error).message}` });
    }
  }),
);

export const origins = v.pipe(
  list,
  v.everyItem((origin) => origin === '*' || isOrigin(origin), 'must be origins such as https://example.com, or "*"'),
);

export const hosts = v.pipe(
  list,
  v.everyItem((host) => /^[A-Za-z0-9.-]+$|^\[[0-9A-Fa-f:.]+\]$/.test(host), 'must be host names without ports'),
);

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text && !text.includes('*');
}
