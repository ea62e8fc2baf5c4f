#include "render/source.hpp"

#include "hitless/base/file.hpp"
#include "hitless/keys/keys_file.hpp"
#include "hitless/registry/registry.hpp"

#include "base/run_to_end.hpp"

#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <iostream>
#include <iterator>
#include <unistd.h>

namespace hitless::render {
namespace {

namespace asio = boost::asio;

void add(keys::KeyTree& tree, const std::vector<keys::Entry>& entries) {
    for (const keys::Entry& entry : entries)
        tree.apply({keys::Event::Kind::put, entry.key, entry.value, true});
}

Result<keys::KeyTree> read_file(const std::string& file) {
    const bool is_input = file == "-";
    const auto text =
        is_input ? Result<std::string>(std::string(std::istreambuf_iterator<char>(std::cin), {}))
                 : base::read_input(file);
    if (!text)
        return text.error();
    const auto entries = keys::parse_keys(*text, is_input ? "standard input" : file);
    if (!entries)
        return entries.error();
    keys::KeyTree tree;
    add(tree, *entries);
    return tree;
}

/// What has to be read: no root that another one contains.
std::vector<std::string> roots_of(const std::vector<confd::Resource>& resources) {
    std::vector<std::string> all;
    for (const confd::Resource& resource : resources)
        std::ranges::copy(resource.watched(), std::back_inserter(all));
    std::vector<std::string> roots;
    for (const std::string& root : all) {
        const bool is_covered = std::ranges::any_of(
            roots, [&](const std::string& other) { return keys::is_within(root, other); });
        if (is_covered)
            continue;
        std::erase_if(roots,
                      [&](const std::string& other) { return keys::is_within(other, root); });
        roots.push_back(root);
    }
    return roots;
}

asio::awaitable<Result<keys::KeyTree>> read_registry(registry::Settings settings,
                                                     std::vector<std::string> roots) {
    keys::KeyTree tree;
    for (const std::string& root : roots) {
        const auto entries = co_await registry::read(settings, root);
        if (!entries)
            co_return entries.error();
        add(tree, *entries);
    }
    co_return tree;
}

} // namespace

std::string kept_keys_of(const std::vector<confd::Resource>& resources) {
    for (const confd::Resource& resource : resources) {
        std::string dump = base::companion_path(resource.dest, keys::dump_suffix);
        if (::access(dump.c_str(), R_OK) == 0)
            return dump;
    }
    return {};
}

Result<keys::KeyTree> read_keys(const confd::Settings& settings, const Options& options,
                                const std::vector<confd::Resource>& resources) {
    if (!options.keys.empty())
        return read_file(options.keys);
    confd::Settings found = settings;
    if (auto nodes = confd::find_nodes(found); !nodes)
        return nodes.error();
    const auto registry = confd::registry_settings(found);
    if (!registry)
        return registry.error();
    return base::run_to_end(read_registry(*registry, roots_of(resources)));
}

} // namespace hitless::render
