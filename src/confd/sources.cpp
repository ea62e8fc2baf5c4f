#include "hitless/confd/sources.hpp"

#include "hitless/base/text.hpp"

#include <fmt/format.h>

namespace hitless::confd {

using gotemplate::SourceId;

std::string to_string(const Source& source) {
    const std::string name = base::printable(source.name);
    switch (source.kind) {
    case Source::Kind::key:
        return fmt::format("key {}", name);
    case Source::Kind::directory:
        return fmt::format("the names of keys below {}", name);
    case Source::Kind::dns:
        return fmt::format("the DNS answer for {}", name);
    case Source::Kind::environment:
        break;
    }
    return fmt::format("environment variable {}", name);
}

SourceId Sources::number(Source::Kind kind, std::string_view name) {
    auto& numbers = numbers_.at(static_cast<std::size_t>(kind));
    if (const auto found = numbers.find(name); found != numbers.end())
        return found->second;
    const Source& source = sources_.emplace_back(Source{kind, std::string(name)});
    auto number = static_cast<SourceId>(sources_.size());
    if (kind == Source::Kind::environment)
        number |= gotemplate::trusted_source;
    numbers.emplace(source.name, number);
    return number;
}

const Source* Sources::find(SourceId number) const {
    const std::size_t place = number & ~gotemplate::trusted_source;
    return place == 0 || place > sources_.size() ? nullptr : &sources_[place - 1];
}

} // namespace hitless::confd
