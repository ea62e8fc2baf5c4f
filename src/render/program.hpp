#pragma once

#include "hitless/base/result.hpp"
#include "hitless/base/subprocess.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hitless::render {

/// Runs a program, found in PATH, without a shell, with `input` as its standard input, and waits
/// for its end. The output is all of standard output and standard error.
Result<base::Exit> run_program(const std::vector<std::string>& command, std::string_view input);

} // namespace hitless::render
