/* Progress on long work: a bar on a terminal, a line every ten seconds otherwise, JSON lines for
 * machines. Rooms call; the door decides where it shows (tf_progress_show). */
#ifndef TF_BASE_PROGRESS_H
#define TF_BASE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

enum tf_progress_mode { TF_PROGRESS_OFF, TF_PROGRESS_BAR, TF_PROGRESS_LINES, TF_PROGRESS_JSON };
/* The door says once where progress shows; rooms start a work of `total` pieces, say how many are
 * done, and stop. */
void tf_progress_show(enum tf_progress_mode mode);
void tf_progress_start(const char *title, size_t total); /* total 0 = unknown */
void tf_progress_at(size_t done);
void tf_progress_stop(void);
/* ^C was pressed (the door installs the handler): long loops ask and return TF_E_INTERRUPTED. */
bool tf_interrupted(void);
void tf_interrupt_install(void);

#endif
