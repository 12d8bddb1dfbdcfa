/* Uses what a snapshot could break. Every line is the same in every process. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <iconv.h>
#include <link.h>
#include <math.h>
#include <netdb.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;
static __thread int local = 7;
static int constructed;
static jmp_buf jump;
static char alternative[65536];

__attribute__((constructor)) static void construct(int argc, char **argv, char **envp)
{
	constructed = argc + (argv[argc] == NULL) + (envp == environ);
}

static void *thread(void *arg)
{
	local += (int)(intptr_t)arg;
	errno = local;
	return (void *)(intptr_t)(errno == local && pthread_self() != 0 && gettid() != getpid() ? local : -1);
}

static void handler(int sig, siginfo_t *info, void *context)
{
	(void)context;
	char here;
	printf("signal %d at %p, %s stack\n", sig, info->si_addr, &here >= alternative && &here < alternative + sizeof alternative ? "alternative" : "own");
	longjmp(jump, sig);
}

static void at_exit(void) { printf("atexit\n"); fflush(stdout); }

static int object(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	int *count = data;
	for (int i = 0; i < info->dlpi_phnum; i++) /* every header can be read */
		*count += info->dlpi_phdr[i].p_type == PT_LOAD;
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "child"))
		return 42;
	printf("constructed %d, %d arguments:", constructed, argc);
	for (int i = 0; i < argc; i++)
		printf(" [%s]", argv[i]);
	printf("\n");
	printf("argv on the stack %d, main's argv[0] %d\n", (char *)argv > (char *)&argc, !strcmp(argv[0], program_invocation_name));

	pthread_t threads[50];
	int sum = 0;
	for (int i = 0; i < 50; i++)
		if (pthread_create(&threads[i], NULL, thread, (void *)(intptr_t)i))
			return 1;
	for (int i = 0; i < 50; i++) {
		void *result;
		pthread_join(threads[i], &result);
		sum += (int)(intptr_t)result;
	}
	printf("threads %d, local %d, tid %d\n", sum, local, gettid() == getpid() && syscall(SYS_gettid) == gettid());

	pthread_mutexattr_t attr;
	pthread_mutex_t mutex;
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&mutex, &attr);
	pthread_mutex_lock(&mutex);
	printf("owner %d\n", pthread_mutex_lock(&mutex) == EDEADLK);
	pthread_mutex_unlock(&mutex);

	pthread_attr_t stack;
	void *low;
	size_t size;
	if (access("/proc/self/maps", R_OK) == 0) {
		printf("getattr %d", pthread_getattr_np(pthread_self(), &stack));
		pthread_attr_getstack(&stack, &low, &size);
		printf(", main's stack %d\n", (char *)&stack > (char *)low && (char *)&stack < (char *)low + size);
	}

	stack_t alt = { .ss_sp = alternative, .ss_size = sizeof alternative };
	sigaltstack(&alt, NULL);
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
	sigaction(SIGSEGV, &action, NULL);
	volatile int *null = (int *)16;
	int jumped = setjmp(jump);
	if (!jumped)
		*null = 1;
	printf("jumped %d\n", jumped);

	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0)
		_exit(gettid() == getpid() ? 17 : 1);
	int status;
	waitpid(pid, &status, 0);
	printf("fork %d\n", WEXITSTATUS(status));
	if (access("/proc/self/exe", X_OK) == 0) {
		fflush(stdout);
		if ((pid = fork()) == 0) {
			execl("/proc/self/exe", argv[0], "child", NULL);
			_exit(1);
		}
		waitpid(pid, &status, 0);
		printf("exec %d\n", WEXITSTATUS(status));
	}

	void *self = dlopen(NULL, RTLD_NOW);
	printf("dlsym %d %d\n", self != NULL, dlsym(self, "main_symbol") != NULL);
	if (getenv("PLUGIN")) {
		void *plugin = dlopen(getenv("PLUGIN"), RTLD_LAZY);
		int (*answer)(int) = plugin ? dlsym(plugin, "answer") : NULL;
		printf("plugin %d\n", answer ? answer(20) : -1);
		if (!plugin)
			printf("%s\n", dlerror());
	}
	int loads = 0;
	dl_iterate_phdr(object, &loads);
	printf("objects have segments %d\n", loads > 8);
	const Elf64_Phdr *headers = (void *)getauxval(AT_PHDR);
	printf("auxv %lu %d %d %d\n", getauxval(AT_PAGESZ), headers[0].p_type == PT_PHDR, getauxval(AT_UID) == getuid(), getauxval(AT_ENTRY) != 0);

	struct timespec a, b;
	clock_gettime(CLOCK_MONOTONIC, &a);
	time_t now = time(NULL);
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("clock %d %d\n", b.tv_sec > a.tv_sec || b.tv_nsec >= a.tv_nsec, now > 1600000000);

	char *big = malloc(300000), *small = malloc(10), *brk = sbrk(0);
	memset(big, 1, 300000);
	printf("heap %d, brk %d, %.6f\n", big && small, brk != (void *)-1, sin(atof("0.5")));
	free(big);
	iconv_t convert = iconv_open("UTF-16LE", "UTF-8");
	printf("iconv %d\n", convert != (iconv_t)-1);
	atexit(at_exit);
	return argc > 2 ? atoi(argv[2]) : 0;
}

__attribute__((visibility("default"))) int main_symbol;
