#include "hitless/base/result.hpp"

#include <stdexcept>

namespace hitless {

void throw_exception_from_error(const Error& error, const boost::source_location& location) {
    throw std::runtime_error(
        fmt::format("{} (at {}:{})", error.message, location.file_name(), location.line()));
}

} // namespace hitless
