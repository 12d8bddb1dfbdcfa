/* What a snapshot opens when it runs. */
#include <string.h>
static __thread int base = 1;
extern int main_symbol;
int answer(int n) { main_symbol = n; return main_symbol * 2 + base + (int)strlen("x"); }
