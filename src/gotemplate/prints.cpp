#include "gotemplate/prints.hpp"

#include <algorithm>

namespace hitless::gotemplate {

std::shared_ptr<Prints> keep_prints(std::shared_ptr<const void> owner) {
    return std::make_shared<Prints>(std::move(owner));
}

KnownPrints::KnownPrints(const Prints& prints, const Prints::Body& body, const List& list) {
    std::span<const Prints::Print> known = body.prints;
    std::span<const Value> elements = list;
    const auto is_same = [&](const Prints::Print& print, const Value& element) {
        return print.element != nullptr && print.element == prints.identity(element);
    };
    const auto most = [&] { return std::min(known.size(), elements.size()); };
    std::string_view text = body.text;
    std::size_t count = 0;
    std::size_t size = 0;
    while (count < most() && is_same(known[count], elements[count]))
        size += known[count++].size;
    front_ = {known.first(count), text.substr(0, size)};
    known = known.subspan(count);
    elements = elements.subspan(count);
    text.remove_prefix(size);

    count = size = 0;
    while (count < most() &&
           is_same(known[known.size() - count - 1], elements[elements.size() - count - 1]))
        size += known[known.size() - ++count].size;
    back_ = {known.last(count), text.substr(text.size() - size)};
    known = known.first(known.size() - count);

    if (elements.size() == count)
        return;
    for (std::size_t i = 0; i < known.size(); ++i) {
        between_.try_emplace(known[i].element,
                             Run{known.subspan(i, 1), text.substr(0, known[i].size)});
        text.remove_prefix(known[i].size);
    }
}

KnownPrints::Run KnownPrints::find(const Object* element) const {
    const auto found = element != nullptr ? between_.find(element) : between_.end();
    return found == between_.end() ? Run{} : found->second;
}

} // namespace hitless::gotemplate
