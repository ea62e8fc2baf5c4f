#pragma once

#include "hitless/haproxy/certificate.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace hitless::haproxy {

/// A block of a PEM text (RFC 7468).
struct PemBlock {
    std::string label; ///< "CERTIFICATE"
    std::string bytes;
    PemFlaw::Place place;
    std::size_t line = 0; ///< of its begin, from 1
};

/// The blocks of the text, of whatever kind. A flaw where anything but blanks stands beside them,
/// and where a block isn't base64 in lines from its first to its last one: where a program that
/// reads PEM could see something else than others do.
[[nodiscard]] std::variant<std::vector<PemBlock>, PemFlaw> read_pem(std::string_view text);

/// The block as a text, with lines of 64 characters.
[[nodiscard]] std::string to_pem(const PemBlock& block);

} // namespace hitless::haproxy
