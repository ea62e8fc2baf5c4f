#include "equal/http2_server.hpp"

namespace hitless::test::http2 {
namespace {

std::uint8_t byte(std::string_view bytes, std::size_t at) {
    return static_cast<std::uint8_t>(bytes[at]);
}

std::uint32_t number(std::string_view bytes, std::size_t at, std::size_t size) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i)
        value = value << 8 | byte(bytes, at + i);
    return value;
}

} // namespace

std::string to_bytes(const Frame& frame) {
    std::string bytes;
    for (const int shift : {16, 8, 0})
        bytes += static_cast<char>(frame.payload.size() >> shift & 0xff);
    bytes += static_cast<char>(frame.type);
    bytes += static_cast<char>(frame.flags);
    for (const int shift : {24, 16, 8, 0})
        bytes += static_cast<char>(frame.stream >> shift & 0xff);
    return bytes + frame.payload;
}

bool take(std::string& bytes, Frame& frame) {
    if (bytes.size() < head_size)
        return false;
    const std::size_t size = number(bytes, 0, 3);
    if (bytes.size() < head_size + size)
        return false;
    frame = {byte(bytes, 3), byte(bytes, 4), number(bytes, 5, 4) & 0x7fffffff,
             bytes.substr(head_size, size)};
    bytes.erase(0, head_size + size);
    return true;
}

std::string path_of(std::string_view block) {
    // A literal whose name is entry 4 of the static table: ":path". Its index stands in the low
    // bits of the first byte, the length of the value in the next one.
    for (std::size_t i = 0; i + 2 < block.size(); ++i) {
        const std::uint8_t first = byte(block, i);
        const bool is_literal = first == 0x04 || first == 0x14 || first == 0x44;
        const std::size_t size = byte(block, i + 1);
        if (is_literal && block[i + 2] == '/' && i + 2 + size <= block.size())
            return std::string(block.substr(i + 2, size));
    }
    return "";
}

std::string answer_to(const Frame& frame, const std::string& body) {
    if (frame.type == settings && (frame.flags & acknowledged) == 0)
        return to_bytes({settings, acknowledged, 0, {}});
    if (frame.type == ping && (frame.flags & acknowledged) == 0)
        return to_bytes({ping, acknowledged, 0, frame.payload});
    if (frame.type == headers)
        return to_bytes({headers, end_of_headers, frame.stream, "\x88"}) + // ":status 200"
               to_bytes({data, end_of_stream, frame.stream, body});
    return "";
}

} // namespace hitless::test::http2
