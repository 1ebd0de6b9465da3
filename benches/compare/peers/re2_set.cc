// RE2::Set: re2_set DIRECTORY
#include <re2/set.h>

#include <algorithm>

#include "peer.h"

int main(int, char** arguments) {
  const Workload workload(arguments[1]);
  const auto start = Clock::now();
  // Match bytes rather than characters where possible, which is faster, with a memory limit that no workload reaches.
  const bool unicode =
      std::any_of(workload.patterns.begin(), workload.patterns.end(), needs_unicode);
  re2::RE2::Options options(unicode ? re2::RE2::DefaultOptions : re2::RE2::Latin1);
  options.set_max_mem(int64_t{1} << 30);
  re2::RE2::Set set(options, re2::RE2::ANCHOR_START);
  for (const auto& pattern : workload.patterns) {
    std::string error;
    if (set.Add(pattern, &error) < 0) {
      return refuse(error + ": " + pattern);
    }
  }
  if (!set.Compile()) return refuse("the rules take more than 1 GiB");
  const double compile = nanoseconds_since(start) / 1e6;

  std::vector<int> matches;
  return take_turns(workload, compile, 0, [&](const std::string& code) {
    if (!set.Match(code, &matches)) return -1;
    return *std::min_element(matches.begin(), matches.end());
  });
}
