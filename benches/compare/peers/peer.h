// The part that the peers in C++ share. ../in_process.py describes what a peer does.
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

inline std::vector<std::string> read_lines(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

struct Workload {
  std::vector<std::string> patterns, codes, winners;

  explicit Workload(const std::string& directory)
      : patterns(read_lines(directory + "/patterns.txt")),
        codes(read_lines(directory + "/codes.txt")),
        winners(read_lines(directory + "/winners.txt")) {}
};

// Returns true if a pattern needs characters rather than bytes.
inline bool needs_unicode(const std::string& pattern) {
  const auto is_not_ascii = [](unsigned char byte) { return byte >= 0x80; };
  return std::any_of(pattern.begin(), pattern.end(), is_not_ascii) ||
         pattern.find("\\p") != std::string::npos;
}

// Reports rules that the peer cannot compile.
inline int refuse(std::string message) {
  std::replace(message.begin(), message.end(), '\n', ' ');
  std::cout << "refused " << message << std::endl;
  return 0;
}

// Verifies `find_winner`, which returns the index of the first rule that accepts a code, or -1, and then takes turns.
template <typename FindWinner>
int take_turns(const Workload& workload, double compile_ms, size_t bytes, FindWinner find_winner) {
  const auto& codes = workload.codes;
  for (size_t i = 0; i < codes.size(); i++) {
    const int winner = find_winner(codes[i]);
    if (std::to_string(winner) == workload.winners[i]) continue;
    std::cerr << winner << " instead of " << workload.winners[i] << ": " << codes[i] << "\n";
    return 1;
  }
  std::cout << "ready " << compile_ms << " " << bytes << std::endl;
  size_t at = 0;
  volatile int found = 0;
  for (std::string line; std::getline(std::cin, line);) {
    std::vector<double> times;
    for (const auto turn = Clock::now(); nanoseconds_since(turn) < 100e6;) {
      const auto chunk = Clock::now();
      for (int i = 0; i < 160; i++, at = (at + 1) % codes.size()) found = find_winner(codes[at]);
      times.push_back(nanoseconds_since(chunk) / 160);
    }
    std::nth_element(times.begin(), times.begin() + times.size() / 2, times.end());
    std::cout << times[times.size() / 2] << std::endl;
  }
  return 0;
}
