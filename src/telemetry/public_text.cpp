#include "telemetry/public_text.hpp"

#include "hitless/base/text.hpp"

#include <boost/algorithm/string/case_conv.hpp>

#include <algorithm>
#include <array>
#include <cctype>

namespace hitless::telemetry {
namespace {

constexpr std::size_t most_of_sentence = 600;
constexpr std::size_t most_of_line = 200;
constexpr std::string_view cut = "…";

/// A line with one of these may hold a secret.
constexpr std::array<std::string_view, 12> secret_words = {
    "passw",   "auth",   "secret",  "token",   "user ",      "setenv",
    "api-key", "apikey", "private", "-header", "credential", "agent-send"};

bool may_hold_secret(std::string_view line) {
    const std::string lower = boost::algorithm::to_lower_copy(std::string(line));
    return std::ranges::any_of(
        secret_words, [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

/// What follows one of these in a sentence may be a secret: a command that has failed, say.
constexpr std::array<std::string_view, 5> secrets_of_sentences = {"passw", "secret", "token",
                                                                  "authorization", "credential"};

/// How much of the sentence is before such a word. What is `known` to be no secret isn't looked at.
std::size_t end_before_secrets(std::string_view sentence, std::string_view known = {}) {
    std::string lower = boost::algorithm::to_lower_copy(std::string(sentence));
    for (std::size_t at = known.empty() ? std::string::npos : sentence.find(known);
         at != std::string::npos; at = sentence.find(known, at + known.size()))
        lower.replace(at, known.size(), known.size(), ' ');
    std::size_t end = lower.size();
    for (const std::string_view word : secrets_of_sentences)
        end = std::min(end, lower.find(word));
    return end;
}

/// "10.0.0.1:80", "[::1]:80".
bool is_address(std::string_view text) {
    return text.find_first_of("0123456789") != std::string_view::npos &&
           text.find_first_not_of("0123456789abcdefABCDEF.:[]") == std::string_view::npos &&
           text.find_first_of(".:") != std::string_view::npos;
}

bool is_letter(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

/// Without "user:password@" behind each "://".
std::string without_credentials(std::string_view text) {
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t scheme = text.find("://", at);
        if (scheme == std::string_view::npos)
            return result.append(text.substr(at));
        result.append(text.substr(at, scheme + 3 - at));
        at = scheme + 3;
        const std::size_t end = std::min(text.find_first_of("/ \t'\",;", at), text.size());
        const std::size_t sign = text.substr(0, end).rfind('@');
        if (sign != std::string_view::npos && sign >= at)
            at = sign + 1;
    }
    return result;
}

/// The first `count` words, and "…" if there are more.
std::string first_words(std::string_view text, std::size_t count) {
    std::size_t end = 0;
    for (std::size_t word = 0; word < count && end < text.size(); ++word)
        end = std::min(text.find(' ', std::min(text.find_first_not_of(' ', end), text.size())),
                       text.size());
    std::string result(text.substr(0, end));
    if (end < text.size())
        result.append(" ").append(cut);
    return result;
}

/// With '…' for what is in quotes, single or double ones, unless it is an address.
std::string without_quoted(std::string_view text) {
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        const char quote = text[at];
        const bool opens = (quote == '\'' || quote == '"') && (at == 0 || !is_letter(text[at - 1]));
        std::size_t end = at;
        do {
            end = opens ? text.find(quote, end + 1) : std::string::npos;
        } while (end != std::string::npos && end + 1 < text.size() && is_letter(text[end + 1]));
        if (end == std::string::npos) {
            if (opens) // it doesn't end: all that follows may be the value
                return result.append(1, quote).append(cut);
            result += text[at++];
            continue;
        }
        const std::string_view quoted = text.substr(at + 1, end - at - 1);
        result.append(1, quote).append(is_address(quoted) ? quoted : cut).append(1, quote);
        at = end + 1;
    }
    return result;
}

} // namespace

std::string public_sentence(std::string_view sentence) {
    const std::string_view told = sentence.substr(0, end_before_secrets(sentence));
    std::string text = without_quoted(without_credentials(told));
    if (told.size() < sentence.size())
        text.append(cut);
    return base::printable(text, most_of_sentence);
}

std::string public_reason(std::string_view reason, std::string_view key) {
    std::string text = without_quoted(without_credentials(reason));
    if (const std::size_t end = end_before_secrets(text, key); end < text.size())
        text.replace(end, std::string::npos, cut);
    return base::printable(text, most_of_sentence);
}

std::string public_line(std::string_view line) {
    constexpr std::size_t words_of_secret_line = 2;
    std::string text = without_credentials(line);
    if (may_hold_secret(text))
        text = first_words(text, words_of_secret_line);
    return base::printable(text, most_of_line);
}

std::string public_command(std::string_view command) {
    constexpr std::size_t words_of_addition = 4; // add server BACKEND/SERVER ADDRESS
    constexpr std::size_t words_of_entry = 3;    // add map FILE
    constexpr std::array<std::string_view, 5> of_entries = {"add map ", "set map ", "del map ",
                                                            "add acl ", "del acl "};
    if (command.starts_with("add server "))
        return base::printable(first_words(command, words_of_addition), most_of_line);
    if (std::ranges::any_of(of_entries,
                            [&](std::string_view begin) { return command.starts_with(begin); }))
        return base::printable(first_words(command, words_of_entry), most_of_line);
    return public_line(command);
}

} // namespace hitless::telemetry
