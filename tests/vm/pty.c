// SPDX-License-Identifier: GPL-2.0-only
/*
 * pty OUTPUT COMMAND [ARGUMENT…]: gives COMMAND a terminal of 24 lines of 120 columns. What it
 * writes goes to the file OUTPUT; what comes on standard input are its keys. The status is
 * COMMAND's.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

static int open_terminal(int *side_ret)
{
	static const struct winsize size = {.ws_row = 24, .ws_col = 120};
	int master = posix_openpt(O_RDWR | O_NOCTTY);

	if (master < 0 || grantpt(master) || unlockpt(master))
		return -1;
	*side_ret = open(ptsname(master), O_RDWR | O_NOCTTY);
	return *side_ret < 0 || ioctl(master, TIOCSWINSZ, &size) ? -1 : master;
}

static void run(char **argv, int side)
{
	setsid();
	ioctl(side, TIOCSCTTY, 0);
	dup2(side, STDIN_FILENO);
	dup2(side, STDOUT_FILENO);
	close(side);
	execvp(argv[0], argv);
	perror(argv[0]);
	_exit(127);
}

/* Copies what there is; 0 at the end. */
static ssize_t copy(int from, int to)
{
	char buffer[4096];
	ssize_t n = read(from, buffer, sizeof(buffer));

	return n > 0 ? write(to, buffer, n) : 0;
}

/* Until the command has closed its terminal. */
static void serve(int master, int file)
{
	struct pollfd fds[] = {{.fd = master, .events = POLLIN},
			       {.fd = STDIN_FILENO, .events = POLLIN}};

	while (poll(fds, 2, -1) >= 0) {
		if (fds[1].revents && copy(STDIN_FILENO, master) <= 0)
			fds[1].fd = -1;
		if (fds[0].revents && copy(master, file) <= 0)
			return;
	}
}

int main(int argc, char **argv)
{
	int status, side = -1, file, master = open_terminal(&side);
	pid_t pid;

	file = argc > 2 ? open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600) : -1;
	if (master < 0 || file < 0)
		return 2;
	pid = fork();
	if (!pid)
		run(argv + 2, side);
	close(side);
	serve(master, file);
	return pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status) ? 2 :
									       WEXITSTATUS(status);
}
