// Exports libyaml's header to Swift.
#pragma once
#include <yaml.h>
