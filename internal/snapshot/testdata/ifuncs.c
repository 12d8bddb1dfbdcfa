/* Prints the address, relative to its library, that each function named on stdin
 * ("LIBRARY FUNCTION" a line) has been resolved to. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
int main(void)
{
	char library[256], name[256];
	volatile double keep = 1;
	keep = sin(keep); /* libm is wanted */
	while (scanf("%255s %255s", library, name) == 2) {
		void *handle = dlopen(library, RTLD_NOW | RTLD_NOLOAD);
		void *symbol = handle ? dlsym(handle, name) : NULL;
		Dl_info info;
		if (symbol && dladdr(symbol, &info))
			printf("%s %s %lx\n", library, name, (unsigned long)((char *)symbol - (char *)info.dli_fbase));
		else
			printf("%s %s missing\n", library, name);
	}
	return 0;
}
