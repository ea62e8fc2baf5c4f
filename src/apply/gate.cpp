#include "hitless/apply/gate.hpp"

#include "hitless/base/file.hpp"
#include "hitless/base/text.hpp"
#include "hitless/haproxy/config.hpp"
#include "hitless/haproxy/resemblance.hpp"
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

/// What of a template's output comes from values that may not have several lines.
bool is_of_line(const gotemplate::PrintedPiece& piece, const confd::Rendering& rendering,
                const Rules& rules) {
    return gotemplate::is_untrusted(piece.source) &&
           (rules.multiline.empty() ||
            !may_have_lines(rendering.sources->find(piece.source), rules));
}

/// What a template makes, with blanks in the place of such values.
std::string without_values(const confd::Rendering& rendering, const Rules& rules) {
    std::string text = rendering.output.text;
    for (const gotemplate::PrintedPiece& piece : rendering.output.pieces) {
        if (is_of_line(piece, rendering, rules))
            std::fill(text.begin() + piece.begin, text.begin() + piece.end, ' ');
    }
    return text;
}

/// The lines of what a template makes that have more than blanks, one by one: most texts show
/// early what they are, and nothing is copied of those that have thousands of values.
class TemplateLines {
  public:
    /// Such values have blanks in the place of their line breaks, or are blanks as a whole.
    enum class Values { in_one_line, blank };

    TemplateLines(const confd::Rendering& rendering, const Rules& rules, Values values)
        : rendering_(rendering), rules_(rules), values_(values), text_(rendering.output.text) {}

    /// nullopt: there is none any more. The line is there until the next call.
    std::optional<std::string_view> next() {
        line_.clear();
        while (at_ < text_.size()) {
            const std::size_t of_template = begin_of_value();
            while (at_ < of_template) {
                const char one = text_[at_++];
                if (one != '\n')
                    add(one);
                else if (!line_.empty())
                    return line_;
            }
            add_value(text_.substr(at_, end_of_value() - at_));
        }
        return line_.empty() ? std::nullopt : std::optional<std::string_view>(line_);
    }

  private:
    /// Where the next value begins; behind the text: there is none.
    std::size_t begin_of_value() {
        const auto& pieces = rendering_.output.pieces;
        while (piece_ < pieces.size() &&
               (pieces[piece_].end <= at_ || !is_of_line(pieces[piece_], rendering_, rules_)))
            ++piece_;
        return piece_ < pieces.size() ? pieces[piece_].begin : text_.size();
    }
    /// Of the one that begins here, or has begun.
    [[nodiscard]] std::size_t end_of_value() const {
        const auto& pieces = rendering_.output.pieces;
        return piece_ < pieces.size() ? pieces[piece_].end : text_.size();
    }
    void add_value(std::string_view value) {
        at_ += value.size();
        if (values_ == Values::in_one_line) {
            for (const char one : value)
                add(one == '\n' || one == '\r' ? ' ' : one);
        } else if (!line_.empty()) {
            line_.append(value.size(), ' ');
        }
    }
    /// The blanks at a line's begin are none of it.
    void add(char one) {
        if (!line_.empty() || !(one == ' ' || one == '\t' || one == '\r'))
            line_.push_back(one);
    }

    const confd::Rendering& rendering_;
    const Rules& rules_;
    Values values_;
    std::string_view text_;
    std::size_t at_ = 0;    ///< in the text
    std::size_t piece_ = 0; ///< among the pieces
    std::string line_;
};

bool is_haproxy(TemplateLines lines) {
    haproxy::Resemblance resemblance;
    while (const auto line = lines.next()) {
        if (const auto decided = resemblance.take(*line))
            return *decided;
    }
    return false;
}

} // namespace

Rules rules_of(const confd::Resource& resource, bool strict) {
    return {resource.prefix, resource.trusted, resource.one_word, resource.multiline, strict};
}

bool makes_haproxy(const confd::Rendering& rendering, const Rules& rules) {
    // By the template's own text, or with values that name its sections.
    using Values = TemplateLines::Values;
    return is_haproxy({rendering, rules, Values::blank}) ||
           is_haproxy({rendering, rules, Values::in_one_line});
}

bool makes_another_kind(const confd::Rendering& rendering, const Rules& rules) {
    const std::string text = without_values(rendering, rules);
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
