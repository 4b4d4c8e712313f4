const { getDefaultConfig } = require('expo/metro-config')
const { resolve } = require('node:path')

const config = getDefaultConfig(__dirname)
const library = resolve(__dirname, '..')
const contracts = resolve(__dirname, '../../contracts')

// The library is taken from its folder beside this app, its peers from here alone.
config.watchFolders = [resolve(library, 'src'), resolve(library, 'native'), resolve(contracts, 'src')]
config.resolver.disableHierarchicalLookup = true
config.resolver.nodeModulesPaths = [resolve(__dirname, 'node_modules')]
config.resolver.extraNodeModules = { '@slipstream/react-native': library, '@slipstream/contracts': contracts }

module.exports = config
