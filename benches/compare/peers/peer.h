// What the peers in C++ share: see ../in_process.py for what a peer does.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

using Clock = std::chrono::steady_clock;

inline double nanoseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::nano>(Clock::now() - start).count();
}

inline std::vector<std::string> lines(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

struct Workload {
  std::vector<std::string> patterns, codes, winners;

  explicit Workload(const std::string& directory)
      : patterns(lines(directory + "/patterns.txt")),
        codes(lines(directory + "/codes.txt")),
        winners(lines(directory + "/winners.txt")) {}
};

// Verifies `winner`, which tells the first rule that accepts a code, or -1; then takes turns.
template <typename Winner>
int take_turns(const Workload& workload, double compile_ms, size_t bytes, Winner winner) {
  const auto& codes = workload.codes;
  for (size_t i = 0; i < codes.size(); i++) {
    const int first = winner(codes[i]);
    if (std::to_string(first) == workload.winners[i]) continue;
    std::cerr << first << " instead of " << workload.winners[i] << ": " << codes[i] << "\n";
    return 1;
  }
  std::cout << "ready " << compile_ms << " " << bytes << std::endl;
  size_t at = 0;
  volatile int found = 0;
  for (std::string line; std::getline(std::cin, line);) {
    std::vector<double> times;
    for (const auto turn = Clock::now(); nanoseconds_since(turn) < 100e6;) {
      const auto chunk = Clock::now();
      for (int i = 0; i < 160; i++, at = (at + 1) % codes.size()) found = winner(codes[at]);
      times.push_back(nanoseconds_since(chunk) / 160);
    }
    std::nth_element(times.begin(), times.begin() + times.size() / 2, times.end());
    std::cout << times[times.size() / 2] << std::endl;
  }
  return 0;
}
