#include "confd/key_view.hpp"

#include <optional>

namespace hitless::confd {

namespace {

/// What a hidden key's value was; a directory has none.
std::optional<std::string> value_of(const keys::KeyTree& tree, std::string_view path) {
    if (const std::string* const value = tree.find(path))
        return *value;
    if (!tree.children(path).empty())
        return std::string();
    return std::nullopt;
}

} // namespace

void KeyView::hide(std::string_view path) {
    hidden_.insert_or_assign(std::string(path), value_of(*tree_, path).value_or(std::string()));
}

bool KeyView::show_changed() {
    return std::erase_if(hidden_, [this](const auto& entry) {
               return value_of(*tree_, entry.first) != entry.second;
           }) > 0;
}

} // namespace hitless::confd
