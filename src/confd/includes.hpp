#pragma once

#include "hitless/gotemplate/template.hpp"

#include "confd/binding.hpp"

#include <filesystem>
#include <map>
#include <string>

namespace hitless::confd {

/// The function `include NAME [DATA]`: the output of another template file. Files are read and
/// parsed when they are first included.
class Includes {
  public:
    /// `functions` are those that included templates may call beside `include` itself.
    Includes(std::filesystem::path directory, Functions functions);
    Includes(const Includes&) = delete;
    Includes& operator=(const Includes&) = delete;

    /// All functions, with `include`. They use this object.
    [[nodiscard]] const Functions& functions() const { return functions_; }

  private:
    Result<Value> include(const std::string& name, Rest data);
    Result<const gotemplate::Template*> find(const std::string& name);

    std::filesystem::path directory_;
    Functions functions_;
    std::map<std::string, gotemplate::Template> templates_;
    int depth_ = 0;
};

/// The directory that the names of included templates are relative to: the one called "templates"
/// that the file is in, at whatever depth, or its own.
[[nodiscard]] std::filesystem::path template_directory(const std::filesystem::path& template_file);

} // namespace hitless::confd
