import { createLogger, format, transports } from 'winston';
import type { Logger } from '#application/ports/logger';
import type { LogEvent, LogLevel } from './log-event.ts';
import { maskKeys } from './mask-keys.ts';
import { plainMembers } from './plain-value.ts';
import { prettyLine } from './pretty-line.ts';

export type { LogLevel } from './log-event.ts';

/** `pretty`: lines for people. `json`: an object per line, for programs. `auto`: `pretty` on a terminal. */
export type LogFormat = 'auto' | 'pretty' | 'json';

/**
 * Logs to stdout. Errors in the fields are written with their causes; the secrets of API keys are masked wherever they
 * appear. A line that cannot be written is lost, with no other effect.
 */
export function createWinstonLogger(level: LogLevel, logFormat: LogFormat = 'auto'): Logger {
  process.stdout.on('error', () => {}); // the reader of the pipe is gone: that must not end the process
  const winston = createLogger({
    level,
    format: isPretty(logFormat) ? prettyFormat(level) : jsonFormat(),
    transports: [new transports.Console()],
  });
  // The fields stay apart: winston would merge them into its own, and leave them out after a message with a %s in it.
  const at = (level: LogLevel): Logger['info'] => {
    return (message, fields = {}) => {
      if (winston.isLevelEnabled(level)) winston.log({ level, message, fields });
    };
  };
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
}

function isPretty(logFormat: LogFormat): boolean {
  return logFormat === 'pretty' || (logFormat === 'auto' && process.stdout.isTTY);
}

function prettyFormat(level: LogLevel) {
  return format.combine(
    format.timestamp({ format: 'HH:mm:ss.SSS' }),
    finished((event) => prettyLine(event, level)),
  );
}

function jsonFormat() {
  return format.combine(format.timestamp(), finished(jsonLine));
}

/** The one place where lines are finished, whatever their format, and so where keys are masked. */
function finished(write: (event: LogEvent) => string) {
  return format.printf((info) => maskKeys(write(info as unknown as LogEvent)));
}

/** A field does not replace what every line has. */
function jsonLine({ timestamp, level, message, fields }: LogEvent): string {
  const always = { timestamp, level, message };
  return JSON.stringify(Object.assign({ ...always }, plainMembers(fields), always));
}
