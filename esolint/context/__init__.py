"""What a cluster will see of the files: renderings, namespaces, environments, versions."""
