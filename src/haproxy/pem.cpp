#include "haproxy/pem.hpp"

#include "hitless/base/text.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

namespace hitless::haproxy {
namespace {

constexpr std::string_view dashes = "-----";
constexpr std::string_view begin_line = "-----BEGIN ";
constexpr std::string_view end_line = "-----END ";
/// OpenSSL reads longer lines in pieces, and older versions lose some of them.
constexpr std::size_t longest_pem_line = 128;
constexpr std::size_t digits_in_line = 64;

/// "CERTIFICATE" of "-----BEGIN CERTIFICATE-----"; empty: it is no such line.
std::string_view label_of(std::string_view line, std::string_view begin) {
    if (!line.starts_with(begin) || !line.ends_with(dashes) ||
        line.size() <= begin.size() + dashes.size())
        return {};
    const std::string_view label =
        line.substr(begin.size(), line.size() - begin.size() - dashes.size());
    const auto is_of_label = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' ';
    };
    return std::ranges::all_of(label, is_of_label) ? label : std::string_view();
}

bool is_digit_of_base64(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
}

/// EVP_DecodeBlock takes blanks around the text and padding anywhere, and leaves the bytes of the
/// padding in the result.
std::optional<std::string> bytes_of(std::string_view digits) {
    const std::size_t padding = digits.ends_with("==") ? 2 : digits.ends_with('=') ? 1 : 0;
    if (digits.empty() || digits.size() % 4 != 0 ||
        !std::ranges::all_of(digits.substr(0, digits.size() - padding), is_digit_of_base64))
        return std::nullopt;
    std::string bytes(digits.size() / 4 * 3, '\0');
    const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                     reinterpret_cast<const unsigned char*>(digits.data()),
                                     static_cast<int>(digits.size()));
    if (size < 0)
        return std::nullopt;
    bytes.resize(static_cast<std::size_t>(size) - padding);
    return bytes;
}

/// Walks through the lines of a PEM text.
class PemReader {
  public:
    explicit PemReader(std::string_view text) : text_(text) {}

    std::variant<std::vector<PemBlock>, PemFlaw> run() {
        std::size_t begin = 0;
        auto lines = base::split(text_, '\n');
        if (lines.back().empty()) // behind the last line's end
            lines.pop_back();
        for (const std::string_view whole : lines) {
            ++number_;
            place_ = {begin, begin + whole.size()};
            begin += whole.size() + 1;
            // OpenSSL drops blanks at the end of a line, but no others.
            const std::string_view line = whole.substr(0, whole.find_last_not_of(" \t\r") + 1);
            if (auto flaw = is_in_block_ ? look_into_block(line) : look_beside_blocks(line))
                return std::move(*flaw);
        }
        if (is_in_block_)
            return flaw_of_block("has no end");
        return std::move(blocks_);
    }

  private:
    std::optional<PemFlaw> look_beside_blocks(std::string_view line) {
        if (line.empty())
            return std::nullopt;
        const std::string_view label = label_of(line, begin_line);
        if (label.empty())
            return PemFlaw{fmt::format("line {} is no part of a PEM block, and only blank lines "
                                       "may stand beside the blocks",
                                       number_),
                           {place_}};
        block_ = {std::string(label), {}, place_, number_};
        digits_.clear();
        is_in_block_ = true;
        return std::nullopt;
    }

    std::optional<PemFlaw> look_into_block(std::string_view line) {
        block_.place.end = place_.end;
        if (line.starts_with(end_line))
            return end_block(line);
        if (line.starts_with("Proc-Type:"))
            return flaw_of_block("has a passphrase, for which HAProxy would ask when it starts");
        const auto is_digit = [](char c) { return is_digit_of_base64(c) || c == '='; };
        if (line.empty() || line.size() > longest_pem_line || !std::ranges::all_of(line, is_digit))
            return flaw_of_block(
                fmt::format("is broken: line {} is {}", number_,
                            line.empty() ? "blank"
                            : line.size() > longest_pem_line && std::ranges::all_of(line, is_digit)
                                ? fmt::format("longer than {} characters", longest_pem_line)
                                : "no base64"));
        digits_ += line;
        return std::nullopt;
    }

    std::optional<PemFlaw> end_block(std::string_view line) {
        if (label_of(line, end_line) != block_.label)
            return flaw_of_block(
                fmt::format("ends in line {} as a block of another kind", number_));
        auto bytes = bytes_of(digits_);
        if (!bytes)
            return flaw_of_block("is broken: it is no whole base64");
        block_.bytes = std::move(*bytes);
        blocks_.push_back(std::move(block_));
        is_in_block_ = false;
        return std::nullopt;
    }

    [[nodiscard]] PemFlaw flaw_of_block(std::string_view what) const {
        return {fmt::format("the block {} in line {} {}", base::printable(block_.label, 40),
                            block_.line, what),
                {block_.place}};
    }

    std::string_view text_;
    std::size_t number_ = 0; ///< of the line
    PemFlaw::Place place_;   ///< of the line
    bool is_in_block_ = false;
    PemBlock block_;
    std::string digits_; ///< of the block
    std::vector<PemBlock> blocks_;
};

} // namespace

std::variant<std::vector<PemBlock>, PemFlaw> read_pem(std::string_view text) {
    return PemReader(text).run();
}

std::string to_pem(const PemBlock& block) {
    std::string digits((block.bytes.size() + 2) / 3 * 4 + 1, '\0'); // and EVP_EncodeBlock's NUL
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(digits.data()),
                                     reinterpret_cast<const unsigned char*>(block.bytes.data()),
                                     static_cast<int>(block.bytes.size()));
    digits.resize(static_cast<std::size_t>(size));
    std::string text = fmt::format("{}{}{}\n", begin_line, block.label, dashes);
    for (std::size_t at = 0; at < digits.size(); at += digits_in_line)
        text.append(digits, at, digits_in_line).append("\n");
    return text.append(fmt::format("{}{}{}\n", end_line, block.label, dashes));
}

} // namespace hitless::haproxy
