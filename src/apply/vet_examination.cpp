#include "apply/vet_examination.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/words.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace hitless::apply {
namespace {

using gotemplate::PrintedPiece;
using haproxy::Section;
using haproxy::ServerLine;

/// The line without the blanks around it.
Range trimmed(std::string_view text, Range line) {
    const std::string_view whole = text.substr(line.begin, line.end - line.begin);
    const std::string_view kept = base::trim(whole);
    if (kept.empty())
        return {line.begin, line.begin};
    const auto begin = static_cast<std::size_t>(kept.data() - text.data());
    return {begin, begin + kept.size()};
}

/// The piece that brought a word which HAProxy's message has in quotes, or nullptr.
const PrintedPiece* piece_named(const Brought& brought, std::string_view line,
                                std::string_view message) {
    for (std::size_t begin = message.find('\''); begin != std::string_view::npos;) {
        const std::size_t end = message.find('\'', begin + 1);
        if (end == std::string_view::npos)
            break;
        const std::string_view word = message.substr(begin + 1, end - begin - 1);
        for (std::size_t i = 0; i < brought.pieces.size(); ++i) {
            const haproxy::Brought& bytes = brought.bytes[i];
            const std::string_view text = line.substr(bytes.begin, bytes.end - bytes.begin);
            if (!word.empty() && text.find(word) != std::string_view::npos)
                return brought.pieces[i];
        }
        begin = message.find('\'', end + 1);
    }
    return nullptr;
}

} // namespace

std::string title_of(const Section& section) {
    return section.name.empty() ? std::string(section.kind)
                                : fmt::format("{} {}", section.kind, section.name);
}

std::string_view header_of(const haproxy::Config& config, const Section& section) {
    const std::string_view text = config.text();
    const std::less<> before;
    if (before(section.kind.data(), text.data()) ||
        !before(section.kind.data(), text.data() + text.size()))
        return {};
    const auto begin = static_cast<std::size_t>(section.kind.data() - text.data());
    const Range line = trimmed(text, whole_lines(text, {begin, begin + 1}));
    return text.substr(line.begin, line.end - line.begin);
}

Range Vetter::Examination::range_of(std::string_view text) const {
    const auto begin = static_cast<std::size_t>(text.data() - config_.text().data());
    return {begin, begin + text.size()};
}

std::string Vetter::Examination::source_of(const PrintedPiece& piece) const {
    const confd::Source* const source = rendering_.sources->find(piece.source);
    return source == nullptr ? "the template" : name_of(*source, vetter_.rules_);
}

std::string Vetter::Examination::describe_piece(const PrintedPiece& piece) const {
    const confd::Source* const source = rendering_.sources->find(piece.source);
    return source == nullptr ? "the template" : describe(*source, renderer_, vetter_.rules_);
}

std::string Vetter::Examination::place_in_template(const PrintedPiece& piece) const {
    return fmt::format("{}, line {}", renderer_.name(), renderer_.line_of(piece.action));
}

/// Why HAProxy's check has refused the line, if it has: that of whoever brought it.
const std::string* Vetter::Examination::refusal(const Section& section, std::string_view line,
                                                const Brought& brought) {
    if (vetter_.refused_.empty() || brought.pieces.empty())
        return nullptr;
    Place place{title_of(section), std::string(line), source_of(*brought.pieces.front())};
    const auto found = vetter_.refused_.find(place);
    if (found == vetter_.refused_.end())
        return nullptr;
    refused_lines.insert(std::move(place));
    return &found->second;
}

/// The section that the place is in.
const Section* Vetter::Examination::section_at(std::size_t offset) {
    const std::vector<Section>& sections = config_.sections();
    std::size_t begin = 0; // of one without a line: where the one before it begins
    for (std::size_t i = section_begins_.size(); i < sections.size(); ++i) {
        if (const std::string_view header = header_of(config_, sections[i]); !header.empty())
            begin = range_of(header).begin;
        section_begins_.push_back(begin);
    }
    const auto next = std::ranges::upper_bound(section_begins_, offset);
    if (next == section_begins_.begin())
        return nullptr;
    return &sections[static_cast<std::size_t>(next - section_begins_.begin()) - 1];
}

Result<void> Vetter::Examination::other_lines() {
    const std::string_view text = config_.text();
    std::vector<std::size_t> servers; // where their lines begin
    for (const Section& section : config_.sections()) {
        for (const ServerLine& line : section.servers)
            servers.push_back(range_of(line.text).begin);
    }
    std::size_t done = 0; // up to here
    for (const PrintedPiece& piece : rendering_.output.pieces) {
        if (!gotemplate::is_untrusted(piece.source) || (piece.end <= done && done != 0))
            continue;
        Range lines = whole_lines(text, {std::max<std::size_t>(piece.begin, done), piece.end});
        done = lines.end;
        while (lines.begin <= lines.end) {
            const std::size_t end = std::min(text.find('\n', lines.begin), lines.end);
            const Range line = trimmed(text, {lines.begin, end});
            lines.begin = end + 1;
            if (line.begin == line.end || std::ranges::binary_search(servers, line.begin))
                continue;
            if (auto looked_at = other_line(line); !looked_at)
                return looked_at;
        }
    }
    return {};
}

Result<void> Vetter::Examination::other_line(Range line) {
    const std::string_view text =
        std::string_view(config_.text()).substr(line.begin, line.end - line.begin);
    const Brought brought = brought_to_line(rendering_.output, config_.text(), line);
    if (brought.pieces.empty())
        return {};
    const Rules& rules = vetter_.rules_;
    const Section* const section = section_at(line.begin);
    const bool protects = section != nullptr && haproxy::first_word(text) == "default-server" &&
                          protects_tls(*section);
    const auto flaws =
        haproxy::flaws_of_line(text, brought.bytes, {rules.trusted, rules.one_word, protects});
    for (const haproxy::LineFlaw& flaw : flaws) {
        const PrintedPiece& piece = *to_blame(brought, {flaw.where.begin, flaw.where.end});
        if (auto done = cut_element(line, piece, flaw.why); !done)
            return done;
    }
    if (!flaws.empty() || section == nullptr)
        return {};
    const std::string* const why = refusal(*section, text, brought);
    if (why == nullptr)
        return {};
    if (const PrintedPiece* const named = piece_named(brought, text, *why))
        return cut_element(line, *named, *why);
    // HAProxy doesn't say which word it is: this one may be innocent.
    const PrintedPiece& guessed = *to_blame(brought, {});
    if (owner_of(rendering_.output, guessed) == nullptr &&
        vetter_.in_vain_.contains(guessed.action))
        return {};
    const std::size_t before = to_hide.size();
    auto done = cut_element(line, guessed, *why);
    if (to_hide.size() > before)
        to_hide.back().refused_at = guessed.action;
    return done;
}

Result<void> Vetter::Examination::cut_element(Range line, const PrintedPiece& piece,
                                              const std::string& why) {
    const std::string text = base::printable(
        std::string_view(config_.text()).substr(line.begin, line.end - line.begin), 100);
    const std::string what = fmt::format("{}, in the line '{}'", why, text);
    if (cut_or_hide(piece, what))
        return {};
    return fail("{} spoils a line ({}): {}", describe_piece(piece), place_in_template(piece), what);
}

bool Vetter::Examination::cut_or_hide(const PrintedPiece& piece, const std::string& what) {
    const auto* const element = owner_of(rendering_.output, piece);
    if (element == nullptr)
        return hide(piece, what);
    cuts.push_back({element->begin, element->end});
    const std::string made = fmt::format("what {} makes", place_in_template(piece));
    spoilt.push_back(std::make_shared<const Spoilt>(Spoilt{
        source_of(piece),
        made,
        fmt::format("{} spoils {}: {}; that {}", describe_piece(piece), made, what, until_mended),
        {},
        {},
        {}}));
    return true;
}

bool Vetter::Examination::hide(const PrintedPiece& piece, const std::string& what) {
    const confd::Source* const source = rendering_.sources->find(piece.source);
    const bool may_hide = source != nullptr && (source->kind == confd::Source::Kind::key ||
                                                source->kind == confd::Source::Kind::directory);
    if (may_hide)
        to_hide.push_back({source->name,
                           {what, what, renderer_.line_of(piece.action),
                            gotemplate::Trace(piece.source), false}});
    return may_hide;
}

Result<void> Vetter::Examination::before_sections(std::string_view text) {
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const Range line = trimmed(text, {begin, end});
        begin = end + 1;
        const std::string word =
            haproxy::first_word(text.substr(line.begin, line.end - line.begin));
        if (word.empty() || word.front() == '.')
            continue;
        if (haproxy::is_section_keyword(word))
            break;
        const Brought brought = brought_to(rendering_.output, line);
        if (brought.pieces.empty() ||
            !cut_or_hide(*brought.pieces.front(), "it stands before the first section"))
            return {};
    }
    return {};
}

} // namespace hitless::apply
