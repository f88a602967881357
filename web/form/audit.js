/* audit.csv: the course of the interview as the page sees it, in the format of ODK's form audit log.
 *
 * event,node,start,end with times in milliseconds since 1970: `form start`, `question` with the path
 * of the node while it has the focus (or is the question on the page), `group questions` never (the
 * page knows no screens of groups), `form exit` when it is stopped, `form finalize` when complete.
 * It never holds an answer. It is a file of the submission, sealed like the others.
 *
 * The quality header is made from it too: how long, how many questions, how many of them faster than
 * one reads. */

const FAST_MS = 1500;

export class Audit {
  constructor(now) {
    this.begun = now;
    this.rows = [['form start', '', now, '']];
    this.open = null;
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

  add(event, now) {
    this.at('', now);
    this.rows.push([event, '', now, '']);
  }

  /* As a file, with the question that is open closed at `now` and `last` as the last event. */
  csv(now, last) {
    const rows = this.open === null ? this.rows : [...this.rows, [this.open[0], this.open[1], this.open[2], now]];
    const cell = (v) => (/[",\n]/.test(String(v)) ? `"${String(v).replaceAll('"', '""')}"` : v);
    return ['event,node,start,end', ...[...rows, [last, '', now, '']].map((r) => r.map(cell).join(','))]
      .join('\n') + '\n';
  }

  summary(now) {
    const time = new Map();
    for (const [event, node, start, end] of this.open === null ? this.rows : [...this.rows, [...this.open.slice(0, 3), now]])
      if (event === 'question') time.set(node, (time.get(node) ?? 0) + (end - start));
    const times = [...time.values()].sort((a, b) => a - b);
    return {
      duration_s: Math.round((now - this.begun) / 1000),
      questions: times.length,
      fast: times.filter((t) => t < FAST_MS).length,
      median_s: times.length === 0 ? 0 : Math.round(times[Math.floor(times.length / 2)] / 100) / 10,
    };
  }
}
