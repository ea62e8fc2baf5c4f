#include "hitless/apply/certificate_gate.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace hitless::apply {
namespace {

constexpr std::size_t most_named_sources = 5;

/// The sources of what stands in these places of the output.
std::vector<std::string> sources_of(const confd::Rendering& rendering,
                                    const std::vector<haproxy::PemFlaw::Place>& places,
                                    const Rules& rules) {
    std::vector<std::string> names;
    for (const gotemplate::PrintedPiece& piece : rendering.output.pieces) {
        const auto is_there = [&](const haproxy::PemFlaw::Place& place) {
            return piece.begin < piece.end && piece.begin < place.end && place.begin < piece.end;
        };
        const confd::Source* const source = rendering.sources->find(piece.source);
        if (source == nullptr || std::ranges::none_of(places, is_there))
            continue;
        std::string name = name_of(*source, rules);
        if (std::ranges::find(names, name) == names.end() && names.size() < most_named_sources)
            names.push_back(std::move(name));
    }
    return names;
}

} // namespace

confd::Resource with_mode_for(confd::Resource resource, haproxy::Reading reading) {
    if (reading == haproxy::Reading::certificates && !resource.access.mode)
        resource.access.mode = mode_of_certificates;
    return resource;
}

Result<haproxy::Certificate> expect_certificate(const confd::Rendering& rendering,
                                                const confd::Resource& resource,
                                                const Rules& rules) {
    auto read = haproxy::read_certificate(rendering.output.text);
    if (auto* const certificate = std::get_if<haproxy::Certificate>(&read))
        return std::move(*certificate);
    const auto& flaw = std::get<haproxy::PemFlaw>(read);
    const auto sources = sources_of(rendering, flaw.places, rules);
    return fail("what {} renders can't be used as a certificate: {} ({})", resource.file, flaw.what,
                sources.empty() ? "which is the template's own text"
                                : fmt::format("made of {}", fmt::join(sources, ", ")));
}

} // namespace hitless::apply
