#include "http/head.hpp"

#include <cstdlib>

/// Any bytes as the head of a request: what is accepted is what the server may answer.
extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
    using namespace hitless::http;
    static const Hosts hosts({"lb.example"});
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    const std::size_t end = end_of_head(text);
    const auto judged = judge(text.substr(0, end), hosts);
    if (const auto* const request = std::get_if<Request>(&judged)) {
        const bool is_whole = end != std::string_view::npos && end <= most_of_head;
        if (!is_whole || !request->path.starts_with('/') ||
            (!text.starts_with("GET ") && !text.starts_with("HEAD ")))
            std::abort();
        (void)request->parameter("after");
    } else if (std::get<Refused>(judged).response.status < 400) {
        std::abort();
    }
    return 0;
}
