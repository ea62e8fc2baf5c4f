#pragma once

#include <string_view>

namespace hitless::http {

/// A file that is built into the program.
struct Asset {
    std::string_view path; ///< "/", "/assets/page.css"
    std::string_view type; ///< its Content-Type
    std::string_view etag; ///< with quotes; another one for another content
    std::string_view bytes;
};

} // namespace hitless::http
