/*
 * Runs two command lines turn by turn and says how long each took, in milliseconds, as one line of JSON:
 * spawn ROUNDS BARE… + OTHER…
 * A pair a round, so that what the machine does besides falls on both.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static long faults;
/* What the programs print goes nowhere. */
static posix_spawn_file_actions_t quietly;

static double now(void) {
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec * 1e3 + (double)at.tv_nsec / 1e6;
}

static double run(char **argv) {
	pid_t child;
	int status;
	struct rusage used;
	double start = now();
	if (posix_spawn(&child, argv[0], &quietly, NULL, argv, environ) != 0 || wait4(child, &status, 0, &used) < 0) exit(1);
	double end = now();
	if (status != 0) {
		fprintf(stderr, "%s: status %d\n", argv[0], status);
		exit(1);
	}
	faults = used.ru_minflt;
	return end - start;
}

static int by_size(const void *left, const void *right) {
	double a = *(const double *)left, b = *(const double *)right;
	return (a > b) - (a < b);
}

static double median(double *times, long count) {
	qsort(times, (size_t)count, sizeof *times, by_size);
	return times[count / 2];
}

int main(int argc, char **argv) {
	long rounds = argc > 4 ? strtol(argv[1], NULL, 10) : 0;
	char **other = argv + 2;
	while (*other && strcmp(*other, "+") != 0) other++;
	if (rounds < 1 || !*other || !other[1]) return 2;
	*other++ = NULL;
	posix_spawn_file_actions_init(&quietly);
	posix_spawn_file_actions_addopen(&quietly, 1, "/dev/null", O_WRONLY, 0);
	double *times[3];
	for (int i = 0; i < 3; i++) times[i] = malloc((size_t)rounds * sizeof **times);
	long bare_faults = 0;
	for (int i = 0; i < 20; i++) run(argv + 2), run(other);
	for (long i = 0; i < rounds; i++) {
		times[0][i] = run(argv + 2);
		bare_faults = faults;
		times[1][i] = run(other);
		times[2][i] = times[1][i] - times[0][i];
	}
	double bare = median(times[0], rounds), whole = median(times[1], rounds), extra = median(times[2], rounds);
	printf("{\"bareMin\":%.4f,\"bareMedian\":%.4f,\"min\":%.4f,\"median\":%.4f,\"extraMin\":%.4f,\"extraMedian\":%.4f,\"extraFaults\":%ld}\n",
	       times[0][0], bare, times[1][0], whole, times[1][0] - times[0][0], extra, faults - bare_faults);
	return 0;
}
