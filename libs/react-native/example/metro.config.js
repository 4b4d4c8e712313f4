const { resolve } = require('node:path')
const { getDefaultConfig } = require('expo/metro-config')

const config = getDefaultConfig(__dirname)
const library = resolve(__dirname, '..')
const contracts = resolve(__dirname, '../../contracts')

// The library is taken from its folder beside this app, as sources; its peers are found here.
config.watchFolders = [library, contracts]
config.resolver.nodeModulesPaths = [resolve(__dirname, 'node_modules')]
config.resolver.extraNodeModules = { '@slipstream/react-native': library, '@slipstream/contracts': contracts }

module.exports = config
