/*
 * Runs command lines turn by turn, round-robin, and says what each run took: race SPEC ROUNDS WARMUP [LOG].
 * SPEC has a line for each part of a command: "D directory", "E NAME=value", "P program", "A argument"; "." ends one.
 * Answers one line of JSON a command: wall and cpu milliseconds (with all processes it waited for) of each round, the
 * greatest memory of one of its processes in bytes, and the last exit status. What the programs print goes to LOG.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { most_commands = 64, most_words = 256, longest_line = 65536 };

struct command {
	char *directory, *program, *argv[most_words], *environ[most_words];
	int words, variables, status;
	double *wall, *cpu;
	long memory;
};

static struct command commands[most_commands];
static posix_spawn_file_actions_t quietly;

static void fail(const char *what) {
	fprintf(stderr, "race: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double now(void) {
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec * 1e3 + (double)at.tv_nsec / 1e6;
}

static double milliseconds(struct timeval time) {
	return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

static void run(struct command *command, long round) {
	pid_t child;
	struct rusage used;
	int status;
	if (chdir(command->directory) != 0) fail(command->directory);
	double start = now();
	int error = posix_spawn(&child, command->program, &quietly, NULL, command->argv, command->environ);
	if (error != 0) {
		errno = error;
		fail(command->program);
	}
	while (wait4(child, &status, 0, &used) < 0)
		if (errno != EINTR) fail("wait4");
	double end = now();
	command->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
#ifdef __APPLE__
	long memory = used.ru_maxrss;
#else
	long memory = used.ru_maxrss * 1024;
#endif
	if (memory > command->memory) command->memory = memory;
	if (round < 0) return;
	command->wall[round] = end - start;
	command->cpu[round] = milliseconds(used.ru_utime) + milliseconds(used.ru_stime);
}

static int read_commands(const char *path) {
	static char line[longest_line];
	int count = 0;
	FILE *file = fopen(path, "r");
	if (!file) fail(path);
	while (fgets(line, sizeof line, file)) {
		struct command *command = &commands[count];
		line[strcspn(line, "\n")] = 0;
		char *value = strdup(line[1] == ' ' ? line + 2 : "");
		switch (line[0]) {
		case 'D': command->directory = value; break;
		case 'P': command->program = value; break;
		case 'A':
			if (command->words < most_words - 1) command->argv[command->words++] = value;
			break;
		case 'E':
			if (command->variables < most_words - 1) command->environ[command->variables++] = value;
			break;
		case '.':
			if (++count == most_commands) return count;
			break;
		}
	}
	fclose(file);
	return count;
}

static void print_times(const char *name, const double *times, long rounds) {
	printf("\"%s\":[", name);
	for (long i = 0; i < rounds; i++) printf(i ? ",%.4f" : "%.4f", times[i]);
	printf("]");
}

int main(int argc, char **argv) {
	if (argc < 4) return 2;
	long rounds = strtol(argv[2], NULL, 10), warmup = strtol(argv[3], NULL, 10);
	int count = read_commands(argv[1]);
	if (rounds < 1 || count < 1) return 2;
	const char *log = argc > 4 ? argv[4] : "/dev/null";
	posix_spawn_file_actions_init(&quietly);
	posix_spawn_file_actions_addopen(&quietly, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&quietly, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	posix_spawn_file_actions_adddup2(&quietly, 1, 2);
	for (int i = 0; i < count; i++) {
		commands[i].wall = malloc((size_t)rounds * sizeof(double));
		commands[i].cpu = malloc((size_t)rounds * sizeof(double));
	}
	for (long round = -warmup; round < rounds; round++)
		for (int i = 0; i < count; i++) run(&commands[i], round);
	for (int i = 0; i < count; i++) {
		printf("{");
		print_times("wall", commands[i].wall, rounds);
		printf(",");
		print_times("cpu", commands[i].cpu, rounds);
		printf(",\"memory\":%ld,\"status\":%d}\n", commands[i].memory, commands[i].status);
	}
	return 0;
}
