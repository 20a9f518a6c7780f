/*
 * poke - a pipe to wake who waits in poll(2)
 *
 * What is written to it says only "look": a flag says what at, and is set
 * before. Who is woken empties the pipe first and looks then, so that what
 * comes between makes it readable again. Neither end blocks.
 */
#ifndef UPCASE_IO_POKE_H
#define UPCASE_IO_POKE_H

/* Returns 0 or a negative errno; both ends are -1 then. */
int poke_open(int fd[2]);

/* Closes what is open. */
void poke_close(int fd[2]);

/* Makes the other end of fd readable. A full pipe is as good as a written one.
 * Keeps errno; may be called by a signal handler. */
void poke_send(int fd);

/* Takes out everything that is there. */
void poke_drain(int fd);

#endif
