#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace hitless::test {

/// The frames of HTTP/2 that a server needs to answer requests without a body.
namespace http2 {

constexpr std::size_t preface_size = 24;
constexpr std::size_t head_size = 9;

struct Frame {
    std::uint8_t type = 0;
    std::uint8_t flags = 0;
    std::uint32_t stream = 0;
    std::string payload;
};

constexpr std::uint8_t data = 0;
constexpr std::uint8_t headers = 1;
constexpr std::uint8_t settings = 4;
constexpr std::uint8_t ping = 6;
constexpr std::uint8_t acknowledged = 1; ///< flag of settings and ping
constexpr std::uint8_t end_of_stream = 1;
constexpr std::uint8_t end_of_headers = 4;

[[nodiscard]] std::string to_bytes(const Frame& frame);

/// Takes the first frame out of `bytes`; false when it isn't all there.
bool take(std::string& bytes, Frame& frame);

/// The path in a block of headers, as HAProxy writes it: without Huffman's code. Empty when it is
/// "/" or not found.
[[nodiscard]] std::string path_of(std::string_view block);

/// What a server answers to a frame; `body` is that of each response.
[[nodiscard]] std::string answer_to(const Frame& frame, const std::string& body);

} // namespace http2

/// Serves HTTP/2: each request is told to `note` by its path. `bytes` is what was read already.
template <class Stream, class Note>
boost::asio::awaitable<void> serve_http2(Stream& stream, std::string bytes, std::string body,
                                         Note note) {
    using boost::asio::use_awaitable;
    const std::string own = http2::to_bytes({http2::settings, 0, 0, {}});
    co_await boost::asio::async_write(stream, boost::asio::buffer(own), use_awaitable);
    bool begun = false;
    for (std::string more(16'384, '\0');;) {
        if (!begun && bytes.size() >= http2::preface_size) {
            bytes.erase(0, http2::preface_size);
            begun = true;
        }
        std::string answers;
        for (http2::Frame frame; begun && http2::take(bytes, frame);) {
            if (frame.type == http2::headers)
                note(http2::path_of(frame.payload));
            answers += http2::answer_to(frame, body);
        }
        if (!answers.empty())
            co_await boost::asio::async_write(stream, boost::asio::buffer(answers), use_awaitable);
        const std::size_t size =
            co_await stream.async_read_some(boost::asio::buffer(more), use_awaitable);
        bytes.append(more, 0, size);
    }
}

} // namespace hitless::test
