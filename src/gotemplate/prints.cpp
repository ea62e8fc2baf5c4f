#include "gotemplate/prints.hpp"

#include <algorithm>

namespace hitless::gotemplate {

std::shared_ptr<Prints> keep_prints(std::shared_ptr<const void> owner) {
    return std::make_shared<Prints>(std::move(owner));
}

KnownPrints::KnownPrints(const Prints& prints, const Prints::Body& body, const List& list) {
    const std::vector<Prints::Print>& known = body.prints;
    const std::size_t most = std::min(known.size(), list.size());
    const auto is_same = [&](const Prints::Print& print, const Value& element) {
        return print.element != nullptr && print.element == prints.identity(element);
    };
    while (front_ < most && is_same(known[front_], list[front_]))
        ++front_;
    while (back_ < most - front_ &&
           is_same(known[known.size() - back_ - 1], list[list.size() - back_ - 1]))
        ++back_;
    if (front_ + back_ == list.size() || front_ + back_ == known.size())
        return;
    std::size_t offset = 0;
    for (std::size_t i = 0; i < known.size() - back_; ++i) {
        if (i >= front_)
            between_.try_emplace(known[i].element, Found{&known[i], offset});
        offset += known[i].size;
    }
}

KnownPrints::Found KnownPrints::find(const Object* element) const {
    if (element == nullptr || between_.empty())
        return {};
    const auto found = between_.find(element);
    return found == between_.end() ? Found{} : found->second;
}

} // namespace hitless::gotemplate
