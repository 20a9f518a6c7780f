/*
 * feeder - a producer of lines that does not gather them: this program started
 * again as `feeder N`, with one write(2) for each of N lines
 */
#ifndef UPCASE_BENCH_FEEDER_H
#define UPCASE_BENCH_FEEDER_H

#define FEEDER_LINE	"A line of text that has forty bytes....\n"
#define FEEDER_LINE_LEN (sizeof(FEEDER_LINE) - 1)

/* Writes the lines to standard output. Returns the exit status. */
int feeder_main(int argc, char **argv);

#endif
