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

class Includes;

/// A template file, parsed once, and the keys it is rendered from. Not movable: the template's
/// functions hold the address of the tree.
class Renderer {
  public:
    /// Reads and parses the template file.
    static Result<std::unique_ptr<Renderer>> load(const std::string& template_file);
    Renderer(const Renderer&) = delete;
    Renderer& operator=(const Renderer&) = delete;
    ~Renderer();

    /// The keys as the template sees them: without the prefix.
    [[nodiscard]] keys::KeyTree& tree() { return tree_; }
    [[nodiscard]] const keys::KeyTree& tree() const { return tree_; }

    /// From now on functions that decode (json, fromJson, jsonArray, base64Decode) fail where a
    /// line break or a control character comes out: their result is a value like those of the tree.
    void screen() { screened_ = true; }

    /// The output for the keys of now.
    [[nodiscard]] Result<std::string> render() const { return template_->execute(); }

  private:
    Renderer();

    bool screened_ = false;
    keys::KeyTree tree_;
    std::unique_ptr<Includes> includes_;
    std::unique_ptr<gotemplate::Template> template_;
};

} // namespace hitless::confd
