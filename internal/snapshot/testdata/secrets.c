/* Prints what must differ from process to process: stack canary, pointer guard. */
#include <stdio.h>
#include <sys/auxv.h>
int main(void)
{
	unsigned long canary, guard, *random = (unsigned long *)getauxval(AT_RANDOM);
	__asm__("mov %%fs:0x28, %0" : "=r"(canary));
	__asm__("mov %%fs:0x30, %0" : "=r"(guard));
	printf("%lx %lx %d %d\n", canary, guard, canary == (random[0] & ~0xffUL), guard == random[1]);
}
