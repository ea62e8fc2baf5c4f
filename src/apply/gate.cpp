#include "hitless/apply/gate.hpp"

#include "hitless/base/file.hpp"
#include "hitless/base/text.hpp"
#include "hitless/haproxy/config.hpp"
#include "hitless/keys/key_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace hitless::apply {
namespace {

using confd::Source;

bool may_have_lines(const Source* source, const Rules& rules) {
    return source != nullptr && source->kind == Source::Kind::key &&
           std::ranges::any_of(rules.multiline, [&](const std::string& pattern) {
               return keys::matches(pattern, source->name);
           });
}

std::optional<std::string> flaw(std::string_view text, const Source* source, const Rules& rules) {
    if (!base::is_utf8(text))
        return "it holds bytes that aren't UTF-8";
    const auto is_break = [](char c) { return c == '\n' || c == '\r'; };
    const bool has_break = std::ranges::any_of(text, is_break);
    if (has_break && !may_have_lines(source, rules))
        return "it holds a line break";
    const auto is_bad = [&](char c) {
        return !is_break(c) && base::has_control(std::string_view(&c, 1));
    };
    if (std::ranges::any_of(text, is_bad))
        return "it holds a control character";
    if (base::has_wide_control(text))
        return "it holds a control character or a line separator beyond ASCII";
    return std::nullopt;
}

/// What a template makes, without the line breaks that values bring; and without these values.
std::pair<std::string, std::string> without_breaks(const confd::Rendering& rendering,
                                                   const Rules& rules) {
    std::string text = rendering.output.text;
    std::string without_values = text;
    for (const gotemplate::PrintedPiece& piece : rendering.output.pieces) {
        if (!gotemplate::is_untrusted(piece.source) ||
            may_have_lines(rendering.sources->find(piece.source), rules))
            continue;
        for (std::uint32_t at = piece.begin; at < piece.end; ++at) {
            if (text[at] == '\n' || text[at] == '\r')
                text[at] = ' ';
            without_values[at] = ' ';
        }
    }
    return {std::move(text), std::move(without_values)};
}

} // namespace

Rules rules_of(const confd::Resource& resource, bool strict) {
    return {resource.prefix, resource.trusted, resource.one_word, resource.multiline, strict};
}

bool makes_haproxy(const confd::Rendering& rendering, const Rules& rules) {
    // By the template's own text, or with values that name its sections.
    const auto [text, without_values] = without_breaks(rendering, rules);
    return haproxy::looks_like_haproxy(without_values) || haproxy::looks_like_haproxy(text);
}

bool makes_another_kind(const confd::Rendering& rendering, const Rules& rules) {
    const std::string text = without_breaks(rendering, rules).second;
    const auto begins_section = [](std::string_view line) {
        const std::string_view trimmed = base::trim(line);
        return haproxy::is_section_keyword(trimmed.substr(0, trimmed.find_first_of(" \t")));
    };
    const auto lines = base::split(text, '\n');
    return std::ranges::none_of(lines, begins_section) && !haproxy::Config::parse(text);
}

std::vector<haproxy::FileUse> gated_files(const std::vector<confd::Resource>& resources) {
    std::vector<haproxy::FileUse> uses;
    const auto add = [&](std::string_view text, const confd::Resource& resource) {
        for (haproxy::FileUse& use :
             haproxy::file_uses(text, haproxy::own_environment(), resource.dest)) {
            if (haproxy::is_read_by_lines(use.kind) ||
                use.kind == haproxy::FileUse::Kind::certificate)
                uses.push_back(std::move(use));
        }
    };
    for (const confd::Resource& resource : resources) {
        if (const auto text = base::read_file(resource.src))
            add(*text, resource);
        const auto made = base::read_file(resource.dest);
        if (made && haproxy::looks_like_haproxy(*made))
            add(*made, resource);
    }
    return uses;
}

gotemplate::Gate make_gate(const confd::Renderer& renderer, const Rules& rules) {
    return [&renderer, &rules](std::string_view piece, gotemplate::SourceId source) {
        return flaw(piece, renderer.sources().find(source), rules);
    };
}

std::string with_prefix(const Rules& rules, std::string_view key) {
    return rules.prefix == "/" ? std::string(key) : rules.prefix + std::string(key);
}

std::string with_prefixed_key(const Rules& rules, std::string message) {
    constexpr std::string_view lacks = "key does not exist: ";
    const std::size_t at = message.find(lacks);
    if (at != std::string::npos && rules.prefix != "/")
        message.insert(at + lacks.size(), rules.prefix);
    return message;
}

std::string name_of(const Source& source, const Rules& rules) {
    const bool is_key = source.kind == Source::Kind::key || source.kind == Source::Kind::directory;
    return confd::to_string({source.kind, is_key ? with_prefix(rules, source.name) : source.name});
}

std::string describe(const Source& source, const confd::Renderer& renderer, const Rules& rules) {
    constexpr std::size_t most_value = 100;
    if (source.kind == Source::Kind::dns || source.kind == Source::Kind::environment)
        return confd::to_string(source);
    const std::string name = confd::to_string({source.kind, with_prefix(rules, source.name)});
    const std::string* const value = renderer.tree().find(source.name);
    return value == nullptr ? name
                            : fmt::format("{} = '{}'", name, base::printable(*value, most_value));
}

} // namespace hitless::apply
