#pragma once

namespace hitless::test {

/// With the sanitizers, code takes some ten times as long. Random histories are for what the code
/// decides, which needs no sanitizer: a fifth of them is enough there.
#ifdef __SANITIZE_ADDRESS__
inline constexpr unsigned share_of_histories = 5;
#else
inline constexpr unsigned share_of_histories = 1;
#endif

} // namespace hitless::test
