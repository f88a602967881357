/* audit.csv: the course of the interview as the page sees it, in the format of ODK's form audit log.
 *
 * event,node,start,end with times in milliseconds since 1970: `form start`, `question` with the path
 * of the node while it has the focus (or is the question on the page), `constraint error`, `form exit`
 * when it is stopped, `form finalize` when complete. It never holds an answer. It is a file of the
 * submission, sealed like the others; a last row `padding` brings it to whole blocks, so that its size
 * does not tell how many questions were asked.
 *
 * The quality header, which stays readable, is made from it with care: how many questions a young person
 * was asked alone, and for how long, would tell which follow-ups were opened. So events, seconds on
 * questions and errors are those of the interviewer's part only, and the whole length is given to the
 * nearest five minutes. */
import { blocks } from './text.js';

const FAST_MS = 1500, ROUND_S = 300;

export class Audit {
  constructor(now) {
    this.begun = now;
    this.rows = [['form start', '', now, '']];
    this.open = null;
    this.shared = null; /* how many rows there were at the hand-over */
  }

  /* The question `node` is before the respondent now; '' for none. */
  at(node, now) {
    if (this.open !== null && this.open[1] === node) return;
    if (this.open !== null) {
      this.open[3] = now;
      this.rows.push(this.open);
    }
    this.open = node === '' ? null : ['question', node, now, ''];
  }

  /* From here on the respondent is alone. */
  alone(now) {
    this.at('', now);
    this.shared = this.rows.length;
  }

  error(node, now) {
    this.rows.push(['constraint error', node, now, '']);
  }

  all(now) {
    return this.open === null ? this.rows : [...this.rows, [this.open[0], this.open[1], this.open[2], now]];
  }

  /* As a file, with the question that is open closed at `now` and `last` as the last event. */
  csv(now, last) {
    const cell = (v) => (/[",\n]/.test(String(v)) ? `"${String(v).replaceAll('"', '""')}"` : v);
    const text = ['event,node,start,end', ...[...this.all(now), [last, '', now, '']].map((r) => r.map(cell).join(','))]
      .join('\n') + '\n';
    const tail = `,${now},${now}\n`;
    return blocks(`${text}padding,`, tail, '-');
  }

  /* What the quality header may say: the server's own five numbers of an audit log, and the questions
   * that were answered faster than one reads. */
  summary(now) {
    const rows = this.shared === null ? this.all(now) : this.rows.slice(0, this.shared);
    const time = new Map();
    let errors = 0;
    for (const [event, node, start, end] of rows) {
      if (event === 'question') time.set(node, (time.get(node) ?? 0) + (end - start));
      if (event === 'constraint error') errors += 1;
    }
    const times = [...time.values()];
    return {
      'audit.events': rows.length,
      'audit.seconds': Math.round((now - this.begun) / 1000 / ROUND_S) * ROUND_S,
      'audit.form_seconds': Math.round(times.reduce((a, b) => a + b, 0) / 1000),
      'audit.start_hour': new Date(this.begun).getUTCHours(),
      'audit.constraint_errors': errors,
      'audit.fast': times.filter((t) => t < FAST_MS).length,
    };
  }
}
