// Hyperscan, or Vectorscan, its port to other processors: hyperscan DIRECTORY
#include <hs/hs.h>

#include <algorithm>

#include "peer.h"

static int keep_first(unsigned id, unsigned long long, unsigned long long, unsigned, void* first) {
  unsigned& least = *static_cast<unsigned*>(first);
  least = std::min(least, id);
  return least == 0;  // No rule precedes the first one, so the scan can stop.
}

int main(int, char** arguments) {
  const Workload workload(arguments[1]);
  const auto start = Clock::now();
  std::vector<const char*> expressions;
  std::vector<unsigned> flags, ids;
  for (const auto& pattern : workload.patterns) {
    ids.push_back(expressions.size());
    expressions.push_back(pattern.c_str());
    // One report per rule is enough.
    flags.push_back(HS_FLAG_SINGLEMATCH | (needs_unicode(pattern) ? HS_FLAG_UTF8 | HS_FLAG_UCP : 0));
  }
  hs_database_t* database = nullptr;
  hs_compile_error_t* error = nullptr;
  if (hs_compile_multi(expressions.data(), flags.data(), ids.data(), ids.size(), HS_MODE_BLOCK,
                       nullptr, &database, &error) != HS_SUCCESS) {
    return refuse(error->message);
  }
  const double compile = nanoseconds_since(start) / 1e6;
  size_t bytes = 0;
  hs_scratch_t* scratch = nullptr;
  if (hs_database_size(database, &bytes) != HS_SUCCESS) return 1;
  if (hs_alloc_scratch(database, &scratch) != HS_SUCCESS) return 1;

  return take_turns(workload, compile, bytes, [&](const std::string& code) {
    unsigned first = ~0u;
    hs_scan(database, code.data(), code.size(), 0, scratch, keep_first, &first);
    return static_cast<int>(first);  // All ones, which is -1, if no rule matched.
  });
}
