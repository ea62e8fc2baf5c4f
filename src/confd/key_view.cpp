#include "confd/key_view.hpp"

namespace hitless::confd {

void KeyView::hide(std::string_view key) {
    if (const std::string* const value = tree_->find(key))
        hidden_.insert_or_assign(std::string(key), *value);
}

bool KeyView::show_changed() {
    return std::erase_if(hidden_, [this](const auto& entry) {
               const std::string* const value = tree_->find(entry.first);
               return value == nullptr || *value != entry.second;
           }) > 0;
}

} // namespace hitless::confd
