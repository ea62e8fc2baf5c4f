#pragma once

#include "http/hosts.hpp"
#include "http/message.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

namespace hitless::http {

/// Why a client is turned away. Each has its name in a counter.
enum class Rejection {
    bad_request, ///< what it sends is no request that is understood here
    bad_host,    ///< its Host is not allowed
    method,      ///< neither GET nor HEAD
    head_size,   ///< its head has too many bytes
    timeout,     ///< its head didn't come in time, or it took nothing of the answer
    connections, ///< there are too many connections
    streams,     ///< there are too many streams of events
    slow_stream, ///< it took the events of its stream too slowly
    idle,        ///< its connection was idle, and another client needed the place
    broken,      ///< this program has a fault
};
inline constexpr std::size_t rejections = 10;

/// "bad_request".
[[nodiscard]] std::string_view to_string(Rejection rejection);

/// What is told to a client that is turned away. The connection ends after it.
struct Refused {
    Rejection why = Rejection::bad_request;
    Response response;
};

/// The head of a request may have so many bytes, its empty line included.
inline constexpr std::size_t most_of_head = 16UL * 1024;

/// Where the head ends that begins at the start of `bytes`: behind its empty line. npos: it isn't
/// whole. `searched`: so many bytes of it had no end when this was asked last.
[[nodiscard]] std::size_t end_of_head(std::string_view bytes, std::size_t searched = 0);

/// Judges the head of a request, from its first line to its empty line. Pure: any bytes may come.
[[nodiscard]] std::variant<Request, Refused> judge(std::string_view head, const Hosts& hosts);

} // namespace hitless::http
