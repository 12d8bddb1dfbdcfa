// Exceptions across libraries, thread_local objects, threads, streams, run-time types.
#include <cstdio>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

struct Counted {
	static inline int alive = 0;
	Counted() { alive++; }
	~Counted() { alive--; }
};
thread_local std::unique_ptr<Counted> counted;
static std::string global = "constructed";

struct Base { virtual ~Base() = default; };
struct Derived : Base {};

static int deep(int n)
{
	Counted local;
	if (n == 0)
		throw std::out_of_range("deep");
	return deep(n - 1) + 1;
}

int main()
{
	std::cout << global << "\n";
	try {
		deep(20);
	} catch (const std::exception &e) {
		std::cout << e.what() << " " << Counted::alive << "\n";
	}
	try {
		std::vector<int>().at(3); // thrown in libstdc++
	} catch (const std::out_of_range &) {
		std::cout << "out of range\n";
	}
	for (int i = 0; i < 10; i++)
		std::thread([] { counted = std::make_unique<Counted>(); }).join();
	std::cout << "alive " << Counted::alive << "\n";
	std::unique_ptr<Base> base = std::make_unique<Derived>();
	std::cout << (dynamic_cast<Derived *>(base.get()) != nullptr) << std::endl;
	std::string exceptions;
	std::thread([&] {
		try {
			std::rethrow_exception(std::make_exception_ptr(std::runtime_error("in a thread")));
		} catch (const std::exception &e) {
			exceptions = e.what();
		}
	}).join();
	std::cout << exceptions << "\n";
	return 3;
}
