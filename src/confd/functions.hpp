#pragma once

#include "confd/binding.hpp"
#include "confd/key_view.hpp"

#include <memory>

/// The template functions, by what they work on. Each adds its own to the map.
namespace hitless::confd {

void add_key_functions(Functions& functions, const std::shared_ptr<KeyView>& view);
void add_string_functions(Functions& functions);
void add_number_functions(Functions& functions);
void add_data_functions(Functions& functions);
void add_system_functions(Functions& functions, const std::shared_ptr<KeyView>& view);
void add_layout_functions(Functions& functions);
void add_regex_functions(Functions& functions);

} // namespace hitless::confd
