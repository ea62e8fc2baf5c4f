#pragma once

#include "hitless/keys/key_tree.hpp"

#include "confd/binding.hpp"

/// The template functions, by what they work on. Each adds its own to the map.
namespace hitless::confd {

void add_key_functions(Functions& functions, const keys::KeyTree* tree);
void add_string_functions(Functions& functions);
void add_number_functions(Functions& functions);
void add_data_functions(Functions& functions);
void add_system_functions(Functions& functions);
void add_layout_functions(Functions& functions);
void add_regex_functions(Functions& functions);

} // namespace hitless::confd
