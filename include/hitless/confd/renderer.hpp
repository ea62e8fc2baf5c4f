#pragma once

#include "hitless/base/result.hpp"
#include "hitless/gotemplate/template.hpp"
#include "hitless/keys/key_tree.hpp"

#include <memory>
#include <string>

namespace hitless::confd {

/// confd's template functions. Those over the keys read `*tree` whenever they are called; it must
/// outlive the result.
gotemplate::Functions functions(const keys::KeyTree* tree);

/// A template file, parsed once, and the keys it is rendered from. Not movable: the template's
/// functions hold the address of the tree.
class Renderer {
  public:
    /// Reads and parses the template file.
    static Result<std::unique_ptr<Renderer>> load(const std::string& template_file);

    /// The keys as the template sees them: without the prefix.
    [[nodiscard]] keys::KeyTree& tree() { return tree_; }
    [[nodiscard]] const keys::KeyTree& tree() const { return tree_; }

    /// The output for the keys of now.
    [[nodiscard]] Result<std::string> render() const { return template_->execute(); }

  private:
    Renderer() = default;

    keys::KeyTree tree_;
    std::unique_ptr<gotemplate::Template> template_;
};

} // namespace hitless::confd
