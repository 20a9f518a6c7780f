/*
 * feeder - a producer of lines that does not gather them: one write(2) for
 * each line
 */
#ifndef UPCASE_BENCH_FEEDER_H
#define UPCASE_BENCH_FEEDER_H

#define FEEDER_LINE	"A line of text that has forty bytes....\n"
#define FEEDER_LINE_LEN (sizeof(FEEDER_LINE) - 1)

/* Writes so many lines to standard output. Ends the program with a message when
 * it cannot. */
void feed(unsigned long lines);

#endif
